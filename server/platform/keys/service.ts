import type { Tx } from '#kernel/db/database.ts';
import { familyOf, type KeyFamily } from '#kernel/signing/algorithm.ts';
import { successorOf } from '#kernel/signing/open-key.ts';
import { activeSigners, endOfOverlap, keyEvent } from '#kernel/signing/signer.ts';
import {
  assignUse,
  insertKey,
  type KeyUse,
  lockKeys,
  revokeKey as markRevoked,
  type NewKey,
  retireKey,
} from '#kernel/signing/store.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { mintAppScope } from '#kernel/trpc/scope.ts';
import { alreadyRevoked, keyNotInUse, noSuchKey, sameKey } from './errors.ts';
import { jwkOf, stateOf } from './rules.ts';
import type { JwkSet, KeyListRow } from './schema.ts';
import { findKey, selectKeys } from './store.ts';

export async function listKeys(ctx: ReadContext): Promise<{ rows: KeyListRow[] }> {
  await activeSigners(ctx.database, ctx.clock).catch(() => {}); // makes the first keys; what fails shows in the control
  const now = ctx.clock.now();
  return { rows: (await selectKeys(ctx.db)).map(key => ({ ...key, state: stateOf(key, now) })) };
}

/** Public halves only: everybody may see them, also who may read nothing else. */
export async function publishedKeys(ctx: ReadContext): Promise<JwkSet> {
  const { rows } = await listKeys({ ...ctx, db: ctx.database.read(mintAppScope()) });
  return { keys: rows.map(jwkOf) };
}

export async function rotateKey(
  ctx: CommandContext,
  { id, reason, overlapDays }: { id: string; reason: string; overlapDays: number },
) {
  const old = await readKey(ctx, id);
  if (old.state !== 'active') throw keyNotInUse();
  const next = await successorOf(old);
  if (next.id === id) throw sameKey(old.reference ?? '');
  const now = ctx.clock.now();
  const until = endOfOverlap(now, overlapDays);
  const detail = {
    reason,
    successor: next.id,
    successorOrigin: next.origin,
    verifyUntil: until.toISOString(),
  };
  await ctx.commit(keyEvent('key.rotated', old, { ...detail, uses: old.uses }), async tx => {
    if ((await replace(tx, old, next, now)).length === 0) throw keyNotInUse();
    await retireKey(tx, id, now, until);
  });
  return { key: await readKey(ctx, id), successor: await readKey(ctx, next.id) };
}

/** Ends a key at once. One in use is followed by a generated key: what signs then is a labelled simulation key. */
export async function revokeKey(ctx: CommandContext, { id, reason }: { id: string; reason: string }) {
  const old = await readKey(ctx, id);
  if (old.state === 'revoked') throw alreadyRevoked();
  const next = await successorOf({ ...old, origin: 'generated' });
  const now = ctx.clock.now();
  const replaced = await ctx.commit<KeyUse[]>(
    uses => keyEvent('key.revoked', old, { reason, uses, successor: uses.length > 0 ? next.id : null }),
    async tx => {
      const uses = await replace(tx, old, next, now);
      if (!(await markRevoked(tx, id, now, reason))) throw alreadyRevoked();
      return uses;
    },
  );
  return {
    key: await readKey(ctx, id),
    successor: replaced.length > 0 ? await readKey(ctx, next.id) : null,
  };
}

/** Puts `next` wherever `old` signs now, as seen under the lock. */
async function replace(tx: Tx, old: KeyListRow, next: NewKey, now: Date): Promise<KeyUse[]> {
  const family: KeyFamily = familyOf(old.algorithm);
  const { keys, uses } = await lockKeys(tx);
  const replaced = uses.filter(u => u.keyId === old.id).map(u => u.use as KeyUse);
  if (replaced.length === 0) return [];
  if (!keys.includes(next.id)) await insertKey(tx, next, now);
  for (const use of replaced) await assignUse(tx, use, family, next.id, now);
  return replaced;
}

async function readKey(ctx: CommandContext, id: string): Promise<KeyListRow> {
  const found = await findKey(ctx.ownWrites(), id);
  if (!found) throw noSuchKey(id);
  return { ...found, state: stateOf(found, ctx.clock.now()) };
}
