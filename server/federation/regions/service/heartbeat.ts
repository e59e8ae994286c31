import { DomainError } from '#kernel/errors/domain-error.ts';
import { counter } from '#kernel/metrics/metrics.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { heartbeatRefused, noSuchRegion } from '../errors.ts';
import { heartbeatEvent, regionEvent } from '../events.ts';
import { type BeatRefusal, checkHeartbeat, claimedRegion } from '../rules/heartbeat.ts';
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

/** Any number at once: one transaction and one entry for all that hold. A refused one harms no other. */
export async function acceptHeartbeats(
  ctx: CommandContext,
  envelopes: readonly unknown[],
): Promise<BeatOutcome[]> {
  const now = ctx.clock.now();
  const claims = envelopes.map(input => ({ input, name: claimedRegion(input)?.name ?? null }));
  const names = [...new Set(claims.flatMap(claim => claim.name ?? []))];
  const regions = new Map((await selectLiving(ctx.db, names)).map(region => [region.id, region]));
  const outcomes = claims.map(({ input, name }): BeatOutcome & { skewMs: number } => {
    const region = name === null ? undefined : regions.get(name);
    if (!region) return { region: name ?? 'unknown', refused: 'unknown', skewMs: 0 };
    const checked = checkHeartbeat(input, region, now);
    if (!checked.ok) return { region: region.id, refused: checked.reason, skewMs: 0 };
    region.sequence = checked.beat.sequence; // the same one twice in a batch is a repetition too
    return { region: region.id, beat: checked.beat, skewMs: checked.skewMs };
  });
  const good = outcomes.flatMap(({ beat, skewMs }) => (beat ? [{ beat, skewMs }] : []));
  await ctx.record(
    heartbeatEvent(good.map(({ beat }) => beat.name)),
    good.map(({ beat }) => ({ region: beat.name, sequence: beat.sequence, at: beat.at })),
    async tx => {
      for (const { beat, skewMs } of good) await saveBeat(tx, beat, skewMs, now);
    },
  );
  for (const { region, refused } of outcomes)
    beats.inc({
      region: regions.has(region) ? region : 'unknown',
      outcome: refused ?? 'accepted',
      simulated: String(regions.get(region)?.simulated ?? false),
    });
  if (good.length > 0)
    await tellListeners(
      ctx,
      good.map(({ beat }) => beat),
    );
  if (good.length > 0)
    await settleRegions(ctx, { names: good.map(({ beat }) => beat.name), heardOnly: true });
  return outcomes.map(({ skewMs: _skew, ...outcome }) => outcome);
}

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
    if (worthAnEntry.has(refused))
      await ctx.commit(regionEvent('region.heartbeat_refused', name, { reason: refused }), async () => {});
    if (!checked.ok) beats.inc({ region: name, outcome: refused, simulated: String(region.simulated) });
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
