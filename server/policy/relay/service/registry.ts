import { createHash, randomBytes } from 'node:crypto';
import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import { isProduction } from '#kernel/env/production.ts';
import { acceptPublicKey, decodeBase64, verifyBytes } from '#kernel/signing/dsse.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { badProof, badToken, nameTaken, noSuchRelay, wrongState } from '../errors.ts';
import { relayEvent } from '../events.ts';
import { joinBytes } from '../rules/join.ts';
import type { JoinRequest } from '../schema.ts';
import { findRelay, insertRelay, type RelayState, type StoredRelay, setRelayState } from '../store/relays.ts';
import { findToken, insertToken, revokeTokenRow, useToken } from '../store/tokens.ts';

export type { StoredRelay } from '../store/relays.ts';

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The secret is shown once; only its hash is kept. */
export async function createJoinToken(
  ctx: CommandContext,
  input: { name: string; maxUses: number; hours: number },
  given?: string,
): Promise<{ id: string; token: string; expiresAt: string }> {
  const token = given ?? `atom-relay-${randomBytes(24).toString('base64url')}`;
  const id = randomBytes(9)
    .toString('base64url')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, 'x');
  const now = ctx.clock.now();
  const expiresAt = new Date(now.getTime() + input.hours * 3_600_000);
  await ctx.commit(
    relayEvent(
      'relay.token_created',
      { kind: 'relay_token', id },
      { name: input.name, maxUses: input.maxUses },
    ),
    tx =>
      insertToken(tx, {
        id,
        name: input.name,
        hash: tokenHash(token),
        maxUses: input.maxUses,
        expiresAt,
        createdBy: `${ctx.principal.kind}:${ctx.principal.id}`,
        createdAt: now,
      }),
  );
  return { id, token, expiresAt: expiresAt.toISOString() };
}

export async function revokeJoinToken(ctx: CommandContext, id: string): Promise<void> {
  await ctx.commit(relayEvent('relay.token_revoked', { kind: 'relay_token', id }), async tx => {
    if (!(await revokeTokenRow(tx, id, ctx.clock.now()))) throw noSuchRelay(id);
  });
}

/** How old a proof may be; it is good for one name and one key anyway. */
const proofMinutes = 5;

/**
 * A join needs the token and the key that is to be admitted: whoever steals only the token joins under a key of their own,
 * which waits for an approver and never speaks for a relay that exists.
 */
export async function joinRelay(
  ctx: CommandContext,
  input: JoinRequest & { token: string },
  options: { admit: boolean; simulated: boolean },
): Promise<{ id: string; state: RelayState }> {
  const now = ctx.clock.now();
  checkProof(input, ctx.clock);
  const known = await findRelay(ctx.db, input.id);
  if (known) {
    if (known.publicKey !== input.publicKey) throw nameTaken(input.id);
    ctx.unchanged();
    return { id: known.id, state: known.state };
  }
  const token = await findToken(ctx.db, tokenHash(input.token));
  if (!token) throw badToken();
  const state: RelayState = options.admit ? 'admitted' : 'pending';
  await ctx.commit(
    relayEvent(
      'relay.joined',
      { kind: 'relay', id: input.id },
      { state, region: input.region ?? null, token: token.id },
    ),
    async tx => {
      if (!(await useToken(tx, token.id, now))) throw badToken();
      const made = await insertRelay(tx, {
        id: input.id,
        region: input.region ?? null,
        labels: input.labels,
        publicKey: input.publicKey,
        state,
        agent: input.agent,
        simulated: options.simulated,
        tokenId: token.id,
        joinedAt: now,
        updatedAt: now,
      });
      if (!made) throw nameTaken(input.id);
    },
  );
  return { id: input.id, state };
}

function checkProof(input: JoinRequest & { token: string }, clock: Clock): void {
  const accepted = acceptPublicKey(input.publicKey);
  if (!accepted) throw badProof('send an Ed25519 or P-256 public key as PEM.');
  const signature = decodeBase64(input.proof);
  if (!signature || !verifyBytes(accepted.key, joinBytes(input, tokenHash(input.token)), signature))
    throw badProof('the signature is not by this key over this token, name and time.');
  if (Math.abs(clock.now().getTime() - Date.parse(input.at)) > proofMinutes * 60_000)
    throw badProof(`it was made more than ${proofMinutes} minutes ago, or the clocks differ.`);
}

export async function readRelay(ctx: ReadContext, id: string): Promise<StoredRelay> {
  const found = await findRelay(ctx.db, id);
  if (!found) throw noSuchRelay(id);
  return found;
}

/** Whoever is admitted receives policies and answers for them: in production that takes two. */
export async function admitRelay(
  ctx: CommandContext,
  id: string,
  reason: string,
): Promise<{ id: string } | ApprovalRequired> {
  const relay = await readRelay(ctx, id);
  const waits = await ctx.requireApproval('relay.admit', {
    title: `Admit the relay ${id}`,
    subject: { kind: 'relay', id },
    scope: { target: { state: relay.state, publicKey: relay.publicKey } },
    facts: { production: isProduction() },
    reason,
    plan: [`Accept messages signed by its key`, 'Send it every policy of its scope'],
    blast: `One relay in ${relay.region ?? 'a region it did not state'}.`,
    ...(relay.simulated ? { simulated: true as const } : {}),
  });
  if (waits) return waits;
  await change(ctx, id, ['pending', 'quarantined'], 'admitted', 'relay.admitted', reason);
  return { id };
}
export const quarantineRelay = (ctx: CommandContext, id: string, reason: string) =>
  change(ctx, id, ['admitted'], 'quarantined', 'relay.quarantined', reason);
export const revokeRelay = (ctx: CommandContext, id: string, reason: string) =>
  change(ctx, id, ['pending', 'admitted', 'quarantined'], 'revoked', 'relay.revoked', reason);

async function change(
  ctx: CommandContext,
  id: string,
  from: readonly RelayState[],
  to: RelayState,
  event: 'relay.admitted' | 'relay.quarantined' | 'relay.revoked',
  reason: string,
): Promise<void> {
  const current = await readRelay(ctx, id);
  if (!from.includes(current.state)) throw wrongState(id, current.state);
  await ctx.commit(relayEvent(event, { kind: 'relay', id }, { reason, from: current.state }), async tx => {
    if (!(await setRelayState(tx, id, from, to, reason, ctx.clock.now())))
      throw wrongState(id, current.state);
  });
}

/** A token that still lets relays join: the given one, if it does, else a new one. */
export async function ensureDemoToken(ctx: CommandContext, given: string | undefined): Promise<string> {
  const known = given === undefined ? null : await findToken(ctx.db, tokenHash(given));
  const now = ctx.clock.now().getTime();
  if (
    given !== undefined &&
    known &&
    known.revokedAt === null &&
    Date.parse(known.expiresAt) > now &&
    known.uses < known.maxUses
  )
    return given;
  // A token of the operator's own is taken as it is, once; a used-up one is never brought back to life.
  const made = await createJoinToken(
    ctx,
    { name: 'Start of this console', maxUses: 100, hours: 8760 },
    known ? undefined : given,
  );
  return made.token;
}
