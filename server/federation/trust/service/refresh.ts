import { gauge } from '#kernel/metrics/metrics.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { retireJob } from '#server/platform/notifications/request.ts';
import { trustEvent } from '../events.ts';
import {
  type BundleRefusal,
  expiryOf,
  freshnessOf,
  hashOf,
  mayFollow,
  nextRefresh,
  readBundle,
} from '../rules/bundle.ts';
import type { TrustBundle } from '../schema.ts';
import { noteFailure, type StoredMember, saveBundle, selectDue } from '../store/members.ts';
import { findStanding } from '../store/revocations.ts';
import { expiryMessage } from './members.ts';
import { rulesInForce } from './rules.ts';
import { at, fetchSigned, keysOf, takenKeys } from './wire.ts';

const ages = gauge('federation_bundle_age_seconds', 'Age of the last good trust bundle', [
  'member',
  'simulated',
]);

/** Asks every member whose time has come; one that fails keeps its last good bundle. How many were asked. */
export async function refreshDue(ctx: CommandContext, random: () => number = Math.random): Promise<number> {
  const due = await selectDue(ctx.db, ctx.clock.now());
  for (const member of due) await refreshMember(ctx, member, random);
  return due.length;
}

type Refreshed = { bundle: TrustBundle; sequence: number; refreshHint: number };

export async function refreshMember(
  ctx: CommandContext,
  member: StoredMember,
  random: () => number = Math.random,
): Promise<void> {
  try {
    const next = await ask(ctx, member);
    await take(ctx, member, next, random);
  } catch (error) {
    await keepLast(ctx, member, error as Error, random);
  }
}

class Refused extends Error {
  readonly reason: BundleRefusal;
  constructor(reason: BundleRefusal) {
    super(reason);
    this.reason = reason;
  }
}

/** The keys of the bundle that is held vouch for the next one: whoever takes over an address gains nothing. */
async function ask(ctx: CommandContext, member: StoredMember): Promise<Refreshed> {
  const keys = keysOf(member.bundle);
  const known = keys.filter(key => key.algorithm !== 'ml-dsa-65').map(key => key.kid);
  const all = [...known, ...keys.filter(key => !known.includes(key.kid)).map(key => key.kid)].slice(0, 16);
  const body = await fetchSigned(ctx, at(member.endpoint, `/federation/bundle?known=${all.join(',')}`), keys);
  const bundle = JSON.parse(body.toString('utf8')) as TrustBundle;
  const read = readBundle(bundle);
  if (!read.ok) throw new Refused(read.reason);
  const refusal = mayFollow({ sequence: member.bundleSequence, hash: hashOf(member.bundle) }, read.bundle);
  if (refusal) throw new Refused(refusal);
  const { revoked } = await findStanding(ctx.db);
  if (revoked.includes(member.trustDomain)) throw new Refused('revoked_key');
  const taken = await takenKeys(ctx, ctx.db, member.id);
  if (read.bundle.keys.some(key => taken.has(key.kid))) throw new Refused('taken_key');
  return { bundle, sequence: read.bundle.sequence, refreshHint: read.bundle.refreshHint };
}

async function take(
  ctx: CommandContext,
  member: StoredMember,
  next: Refreshed,
  random: () => number,
): Promise<void> {
  const now = ctx.clock.now();
  const nextRefreshAt = new Date(nextRefresh(now.getTime(), next.refreshHint, 0, random()));
  const save = (tx: Parameters<typeof saveBundle>[0]) =>
    saveBundle(tx, member.id, member.bundleSequence, { ...next, now, nextRefreshAt });
  ages.set({ member: member.id, simulated: String(member.simulated) }, 0);
  if (next.sequence === member.bundleSequence) {
    // The same bundle seen again is no event; that it was seen is a fact of this loop.
    await ctx.database.write(ctx.scope, save);
    return;
  }
  const detail = { sequence: next.sequence, before: member.bundleSequence };
  await ctx.commit(
    trustEvent('federation.bundle_refreshed', member.id, detail, [retireJob(`trust:${member.id}:expiry`)]),
    async tx => void (await save(tx)),
  );
}

async function keepLast(
  ctx: CommandContext,
  member: StoredMember,
  error: Error,
  random: () => number,
): Promise<void> {
  const now = ctx.clock.now();
  const { rules } = await rulesInForce(ctx);
  const failures = member.failures + 1;
  const nextRefreshAt = new Date(nextRefresh(now.getTime(), member.refreshHint, failures, random()));
  const bundleAt = Date.parse(member.bundleAt);
  ages.set({ member: member.id, simulated: String(member.simulated) }, (now.getTime() - bundleAt) / 1000);
  const note = (tx: Parameters<typeof noteFailure>[0]) =>
    noteFailure(tx, member.id, error.message, nextRefreshAt);
  // A member that does not answer is a state, shown with its age; one that answers something else is an event.
  if (error instanceof Refused)
    return ctx.commit(trustEvent('federation.bundle_refused', member.id, { reason: error.reason }), note);
  const stale = freshnessOf(bundleAt, member.refreshHint, rules.bundleHours, now.getTime()) !== 'fresh';
  if (stale && failures % 16 === 4) {
    const expires = new Date(expiryOf(bundleAt, rules.bundleHours));
    return ctx.commit(
      trustEvent('federation.bundle_refused', member.id, { reason: error.message }, [
        expiryMessage(member, expires),
      ]),
      note,
    );
  }
  await ctx.database.write(ctx.scope, note);
}
