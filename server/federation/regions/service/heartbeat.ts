import type { Tx } from '#kernel/db/database.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { counter } from '#kernel/metrics/metrics.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { heartbeatRefused, noSuchRegion } from '../errors.ts';
import { regionEvent } from '../events.ts';
import {
  type BeatRefusal,
  checkHeartbeat,
  claimedRegion,
  type Notable,
  notableBeat,
} from '../rules/heartbeat.ts';
import { usualSchedule } from '../rules/state.ts';
import type { Heartbeat } from '../schema.ts';
import { saveBeat, selectLiving } from '../store/life.ts';
import { settleRegions } from './life.ts';
import { noticesFor, tellListeners } from './view.ts';

const beats = counter('region_heartbeats_total', 'Heartbeats of regions by what became of them', [
  'region',
  'outcome',
  'simulated',
]);

export interface BeatOutcome {
  region: string;
  beat?: Heartbeat;
  refused?: BeatRefusal;
}

interface Good {
  beat: Heartbeat;
  skewMs: number;
  notable: Notable | null;
}

/** Any number at once. A refused one harms no other. */
export async function acceptHeartbeats(
  ctx: CommandContext,
  envelopes: readonly unknown[],
): Promise<BeatOutcome[]> {
  const now = ctx.clock.now();
  const claims = envelopes.map(input => ({ input, name: claimedRegion(input)?.name ?? null }));
  const names = [...new Set(claims.flatMap(claim => claim.name ?? []))];
  const regions = new Map((await selectLiving(ctx.db, names)).map(region => [region.id, region]));
  const good: Good[] = [];
  const outcomes = claims.map(({ input, name }): BeatOutcome => {
    const region = name === null ? undefined : regions.get(name);
    if (!region) return { region: name ?? 'unknown', refused: 'unknown' };
    const checked = checkHeartbeat(input, region, now);
    if (!checked.ok) return { region: region.id, refused: checked.reason };
    const { beat, skewMs } = checked;
    good.push({ beat, skewMs, notable: notableBeat(region, beat.sequence, now, usualSchedule.degradedMs) });
    region.sequence = beat.sequence; // the same one twice in a batch is a repetition too
    region.heardAt = now.toISOString();
    return { region: region.id, beat };
  });
  const kept = await keep(ctx, good);
  for (const outcome of outcomes)
    if (outcome.beat && !kept.has(outcome.beat)) {
      delete outcome.beat;
      outcome.refused = 'stale';
    }
  for (const { region, refused } of outcomes)
    beats.inc({
      region: regions.has(region) ? region : 'unknown',
      outcome: refused ?? 'accepted',
      simulated: String(regions.get(region)?.simulated ?? false),
    });
  if (kept.size > 0) {
    await tellListeners(ctx, [...kept]);
    await settleRegions(ctx, { names: [...kept].map(beat => beat.name), heardOnly: true });
  }
  return outcomes;
}

/** Thrown inside the transaction, so that a beat that somebody was faster with leaves no entry. */
class Overtaken extends Error {}

/** In their order: what says something new is an entry at once, everything else is owed one. Which of them counted. */
async function keep(ctx: CommandContext, good: readonly Good[]): Promise<Set<Heartbeat>> {
  const now = ctx.clock.now();
  const kept = new Set<Heartbeat>();
  const save = async (tx: Tx, { beat, skewMs }: Good) => {
    const saved = await saveBeat(tx, beat, skewMs, now);
    if (saved) kept.add(beat);
    return saved;
  };
  let plain: Good[] = [];
  const gather = async () => {
    const own = plain;
    plain = [];
    await ctx.gather(async tx => {
      for (const each of own) await save(tx, each);
    });
  };
  for (const each of good) {
    if (each.notable === null) {
      plain.push(each);
      continue;
    }
    if (plain.length > 0) await gather();
    const { type, ...detail } = each.notable;
    try {
      await ctx.commit(
        regionEvent(type, each.beat.name, { ...detail, sequence: each.beat.sequence, at: each.beat.at }),
        async tx => {
          if (!(await save(tx, each))) throw new Overtaken();
        },
      );
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      ctx.unchanged();
    }
  }
  if (plain.length > 0) await gather();
  return kept;
}

/** Of one region, whoever sends them. */
const forgeries = { capacity: 10, perSecond: 0.1 };
const worthAnEntry = new Set<BeatRefusal>(['tampered', 'wrong_key', 'wrong_type', 'other_region', 'retired']);

/** One heartbeat with an answer: what its sender did wrong, or what it may have missed. */
export async function acceptHeartbeat(ctx: CommandContext, input: { name: string }) {
  const { name, ...envelope } = input;
  const [region] = await selectLiving(ctx.db, [name]);
  if (!region) throw noSuchRegion(name);
  const checked = checkHeartbeat(envelope, region, ctx.clock.now());
  const [outcome] = checked.ok ? await acceptHeartbeats(ctx, [envelope]) : [];
  const refused = checked.ok ? outcome?.refused : checked.reason;
  if (refused !== undefined) {
    if (!checked.ok) beats.inc({ region: name, outcome: refused, simulated: String(region.simulated) });
    if (worthAnEntry.has(refused)) {
      // Whoever forges needs no login: a few are written down, the rest is counted. What the region itself sends is not slowed by it.
      await takeToken(ctx.database, `forged-beat:${name}`, forgeries, ctx.clock.now());
      await ctx.commit(regionEvent('region.heartbeat_refused', name, { reason: refused }), async () => {});
    }
    throw heartbeatRefused(refused, region.sequence);
  }
  if (!outcome?.beat) throw new DomainError('unavailable', 'region.heartbeat', 'The heartbeat was not kept.');
  const [after] = await selectLiving(ctx.ownWrites(), [name]);
  return {
    status: 'accepted' as const,
    region: name,
    state: after?.state ?? region.state,
    sequence: outcome.beat.sequence,
    receivedAt: ctx.clock.now().toISOString(),
    notices: await noticesFor(ctx, name),
  };
}
