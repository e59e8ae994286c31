import type { JobRequest, Json } from '#kernel/ledger/event.ts';
import { gauge } from '#kernel/metrics/metrics.ts';
import { askStreamsJob } from '#kernel/regions/ask-streams.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { notificationJob, retireJob } from '#server/platform/notifications/request.ts';
import { noSuchRegion } from '../errors.ts';
import { stateEvent } from '../events.ts';
import { differences } from '../rules/diff.ts';
import { nextState, type Schedule, silenceOf, usualSchedule } from '../rules/state.ts';
import type { Pulse, RegionState, Returned } from '../schema.ts';
import { pruneBeats } from '../store/beats.ts';
import { type LivingRegion, moveRegion, prunePulses, selectLiving, selectPulses } from '../store/life.ts';
import { viewOf } from './view.ts';

const states = gauge('region_state', '1 for the state a region is in', ['region', 'state', 'simulated']);
const silences = gauge('region_silence_seconds', 'Seconds since the last heartbeat', ['region', 'simulated']);

export interface Settling {
  /** These regions only. */
  names?: readonly string[];
  /** Since when this process listens: before that, silence says nothing. */
  watchingSince?: Date;
  schedule?: Schedule;
  /** After something was heard: nothing is taken for lost, whatever the writing of it took. */
  heardOnly?: true;
}

const lifeOf = (region: LivingRegion) => ({
  state: region.state,
  stateSince: Date.parse(region.stateSince),
  heardAt: region.heardAt === null ? null : Date.parse(region.heardAt),
  aliveFrom: Date.parse(region.aliveFrom),
  lostAt: region.lostAt === null ? null : Date.parse(region.lostAt),
});

/** Moves every region to where the rules say it is now; each move is an entry of its own. How many moved. */
export async function settleRegions(ctx: CommandContext, how: Settling = {}): Promise<number> {
  const now = ctx.clock.now();
  const since = how.watchingSince?.getTime() ?? 0;
  let moved = 0;
  for (const region of await selectLiving(ctx.ownWrites(), how.names ?? null)) {
    const life = lifeOf(region);
    const to = nextState(life, now.getTime(), since, how.schedule ?? usualSchedule);
    const silentMs = silenceOf(life, now.getTime(), since);
    note(region, to, silentMs);
    if (how.heardOnly && (to === 'degraded' || to === 'unreachable')) continue;
    if (to !== region.state && (await move(ctx, region, to, silentMs))) moved += 1;
  }
  return moved;
}

function note(region: LivingRegion, state: RegionState, silentMs: number): void {
  const labels = { region: region.id, simulated: String(region.simulated) };
  for (const each of ['pending', 'active', 'degraded', 'unreachable', 'quarantined', 'retired'] as const)
    states.set({ ...labels, state: each }, each === state ? 1 : 0);
  silences.set(labels, silentMs / 1000);
}

/** Somebody else may have moved it meanwhile: then there is nothing to write. */
class Overtaken extends Error {}

async function move(
  ctx: CommandContext,
  region: LivingRegion,
  to: RegionState,
  silentMs: number,
): Promise<boolean> {
  const now = ctx.clock.now();
  const lost =
    to === 'unreachable' && region.heardAt !== null && region.lostAt === null
      ? { at: new Date(region.heardAt), view: (await viewOf(ctx, region)) as Json }
      : undefined;
  const detail = { from: region.state, to, silentMs, simulated: region.simulated };
  try {
    await ctx.commit(stateEvent(region.id, detail, told(region, to, silentMs)), async tx => {
      if (!(await moveRegion(tx, region.id, region.state, to, { now, lost }))) throw new Overtaken();
    });
    return true;
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    ctx.unchanged();
    return false;
  }
}

const groupOf = (region: string) => `region:${region}:lost`;

/** Only a region that had been heard can be missed: a registration that never spoke wakes nobody. */
function told(region: LivingRegion, to: RegionState, silentMs: number): JobRequest[] {
  const link = `/federation/regions/${region.id}`;
  const lines = [
    { label: 'Silent for', value: `${Math.round(silentMs / 1000)} s` },
    ...(region.simulated ? [{ label: 'World', value: 'simulated' }] : []),
  ];
  const message = {
    groupKey: groupOf(region.id),
    kind: 'alert' as const,
    link,
    to: { roles: ['operator', 'admin'] },
  };
  if (to === 'unreachable' && region.heardAt !== null)
    return [
      notificationJob({
        ...message,
        severity: 'critical',
        title: `Region ${region.id} is unreachable`,
        lines,
      }),
    ];
  if (to === 'quarantined')
    return [
      askStreamsJob(),
      notificationJob({
        ...message,
        severity: 'warning',
        title: `Region ${region.id} has returned and is quarantined`,
        lines: [{ label: 'Next', value: 'Look at what changed meanwhile, then readmit it.' }],
      }),
    ];
  return to === 'active' && region.state !== 'degraded' ? [retireJob(groupOf(region.id))] : [];
}

/** What changed while a region was away; nothing for one that is not. */
export async function readReturned(ctx: ReadContext, name: string): Promise<Returned> {
  const [region] = await selectLiving(ctx.db, [name]);
  if (!region) throw noSuchRegion(name);
  const found =
    region.lostAt === null ? [] : differences(region.lostView, (await viewOf(ctx, region)) as Json);
  return { region: name, state: region.state, lostAt: region.lostAt, differences: found };
}

const pulseHours = 2;

export async function readPulses(
  ctx: ReadContext,
  name: string,
): Promise<{ schedule: Schedule; rows: Pulse[] }> {
  const [region] = await selectLiving(ctx.db, [name]);
  if (!region) throw noSuchRegion(name);
  const since = new Date(ctx.clock.now().getTime() - pulseHours * 3_600_000);
  return { schedule: usualSchedule, rows: await selectPulses(ctx.db, name, since) };
}

const keptDays = 7;

/**
 * Counts by the minute are no record of anybody's: they go by themselves. Single beats stay as long as the page shows
 * their minutes, to be proved against their entry.
 */
export async function forgetBeats(ctx: CommandContext): Promise<void> {
  const now = ctx.clock.now().getTime();
  await ctx.database.write(ctx.scope, async tx => {
    await prunePulses(tx, new Date(now - keptDays * 86_400_000));
    await pruneBeats(tx, new Date(now - pulseHours * 3_600_000));
  });
}
