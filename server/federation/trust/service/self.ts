import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import type { DistantKey } from '#kernel/http/message-signatures.ts';
import { fingerprintOf } from '#kernel/signing/algorithm.ts';
import { activeSigners, type Signer, signersOf, trustedKeys } from '#kernel/signing/signer.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { trustEvent } from '../events.ts';
import { hashOf, jwkOf } from '../rules/bundle.ts';
import { nextNumber } from '../rules/numbers.ts';
import type { TrustBundle } from '../schema.ts';
import { findOwnBundle, insertOwnBundle, type OwnBundle } from '../store/own-bundle.ts';

export interface Self {
  trustDomain: string;
  endpoint: string;
}

const named = new WeakMap<Database, Self>();

/** More than one installation in one process have a name each. */
export const nameSelf = (database: Database, self: Self): void => void named.set(database, self);

/** By its public address; the port of this system is where others reach it. */
export function selfOf({ database }: { database: Database }): Self {
  const known = named.get(database);
  if (known) return known;
  const url = new URL(env().publicUrl);
  const port = 8407 + env().servicePortOffset;
  return {
    trustDomain: url.port ? `${url.hostname}.${url.port}` : url.hostname,
    endpoint: `${url.protocol}//${url.hostname}:${port}`,
  };
}

const refreshHint = 300;

interface From {
  database: Database;
  clock: Clock;
}

/** What verifies now, and nothing private: rotated keys until their overlap ends. */
async function currentKeys({ database, clock }: From) {
  await activeSigners(database, clock);
  const now = clock.now();
  return (await trustedKeys(database))
    .filter(key => !key.revokedAt && (!key.verifyUntil || key.verifyUntil > now))
    .map(({ key }) => jwkOf(key, fingerprintOf(key)))
    .toSorted((a, b) => ((a.kid ?? '') < (b.kid ?? '') ? -1 : 1));
}

/**
 * The bundle of this installation. A change of keys gives it a later number; what was published is never published anew, save
 * by a console that was put back as it was before: members may hold a later bundle than it knows of.
 */
export async function ownBundle(from: From, { anew = false } = {}): Promise<OwnBundle> {
  const ctx = systemContext('trust.bundle', from.database, from.clock);
  for (;;) {
    const held = await findOwnBundle(ctx.db);
    const keys = await currentKeys(from);
    const content = (sequence: number): TrustBundle => ({
      keys: keys as TrustBundle['keys'],
      spiffe_sequence: sequence,
      spiffe_refresh_hint: refreshHint,
    });
    if (!anew && held && held.hash === hashOf(content(held.sequence))) return held;
    const sequence = nextNumber(held?.sequence ?? 0, from.clock.now().getTime(), Math.random());
    const body = content(sequence);
    const next = { sequence, hash: hashOf(body), body };
    const mine = await ctx
      .commit(
        trustEvent('federation.bundle_published', selfOf(from).trustDomain, {
          sequence,
          keys: keys.map(k => k.kid ?? ''),
        }),
        async tx => {
          if (!(await insertOwnBundle(tx, next, held?.sequence ?? 0, from.clock.now())))
            throw new Published();
          return true;
        },
      )
      .catch(error => {
        if (error instanceof Published) return false;
        throw error;
      });
    if (mine) return next;
  }
}

/** After this console was put back as it was before: members would refuse an older number than they hold. */
export async function publishAnew(from: From): Promise<void> {
  const { db } = systemContext('trust.bundle', from.database, from.clock);
  if (await findOwnBundle(db)) await ownBundle(from, { anew: true });
}

/** Another process was first: its bundle is read again. */
class Published extends Error {}

/** The classical key signs messages: HTTP message signatures know no post-quantum algorithm yet. */
export async function messageSigner(
  { database, clock }: From,
  known: readonly string[] = [],
): Promise<DistantKey> {
  const classicalOf = (signers: readonly Signer[]) =>
    signers.find(signer => signer.algorithm !== 'ml-dsa-65');
  const active = classicalOf(await activeSigners(database, clock));
  // Whoever still holds an older set takes the newer one from a key that is in the older.
  const strange = known.length > 0 && !known.includes(active?.keyid ?? '');
  const former = strange ? classicalOf(await signersOf(database, clock, known).catch(() => [])) : undefined;
  const classical = former ?? active;
  if (!classical) throw new Error('No classical key signs.');
  return classical;
}
