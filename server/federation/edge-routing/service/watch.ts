import type { CommandContext } from '#kernel/trpc/context.ts';
import { regionState } from '#server/federation/regions/service.ts';
import { streamPairs } from '#server/federation/replication/service.ts';
import { failoverEvent } from '../events.ts';
import { breakerOf, regionDown } from '../rules/quorum.ts';
import { against } from '../rules/roles.ts';
import type { Found } from '../schema.ts';
import { selectOrderTimes } from '../store/proposals.ts';
import {
  ensureWrites,
  readSettings,
  saveObservation,
  selectObservations,
  selectRunning,
  selectWrites,
  type WriteRow,
} from '../store.ts';
import { fencingOf } from './gateways.ts';
import { groupOf, regionGroups } from './joined.ts';
import { beginLoss, endLoss, isTold, propose } from './propose.ts';
import { foundAt } from './roles.ts';

/** Whoever feeds a stream and feeds on none holds the right to write from the first look on. */
export async function assignWrites(ctx: CommandContext): Promise<void> {
  const pairs = (await streamPairs(ctx)).filter(p => p.state === 'active');
  const known = new Set((await selectWrites(ctx.db)).map(row => row.region));
  const regions = [...new Set(pairs.flatMap(p => [p.from, p.to]))].filter(region => !known.has(region));
  if (regions.length === 0) return;
  const found = new Map<string, Found>();
  for (const region of regions)
    found.set(region, await foundAt(ctx, { region, simulated: allSimulated(pairs, region) }));
  // What does not answer may have a history that the console does not know of: it is asked again.
  const rows = regions
    .filter(region => found.get(region)?.answers)
    .map(region => ({
      region,
      writes: pairs.some(p => p.from === region) && !pairs.some(p => p.to === region),
      epoch: 1,
      simulated: allSimulated(pairs, region),
      unknownSince:
        against({ region, writes: false, epoch: 0 }, found.get(region) ?? null) === null
          ? null
          : ctx.clock.now(),
    }));
  if (rows.length === 0) return;
  const writers = rows.filter(r => r.writes && !r.unknownSince).map(r => r.region);
  await ctx.commit(failoverEvent('failover.assigned', rows[0]?.region ?? '', { regions: writers }), tx =>
    ensureWrites(tx, rows, ctx.clock.now()),
  );
}

const allSimulated = (pairs: readonly { from: string; to: string; simulated: boolean }[], region: string) =>
  pairs.every(p => (p.from !== region && p.to !== region) || p.simulated);

/** What other regions see of each, from where they are, and what the registry holds each to be. */
export async function askObservers(ctx: CommandContext): Promise<void> {
  const rows = await selectWrites(ctx.db);
  await Promise.all(
    rows.map(async row => {
      const say = (observer: string, up: boolean | null, said: string) =>
        saveObservation(ctx.database, { observer, region: row.region, up, said, lsn: null }, ctx.clock.now());
      const gateway = fencingOf(ctx, row.simulated);
      const others = rows.filter(r => r.region !== row.region && r.simulated === row.simulated).slice(0, 2);
      const looks = others.map(async other => {
        const { up, said } = await gateway
          .seenFrom(other.region, row.region)
          .catch(error => ({ up: null, said: error instanceof Error ? error.message : 'unknown' }));
        await say(other.region, up, said);
      });
      const word = await registryWord(ctx, row);
      await Promise.all([...looks, say('registry', word.up, word.said)]);
    }),
  );
}

/** A heartbeat of the simulated world says nothing about a real server. */
async function registryWord(
  ctx: CommandContext,
  row: WriteRow,
): Promise<{ up: boolean | null; said: string }> {
  const state = await regionState(ctx, row.region);
  if (!row.simulated) return { up: null, said: 'its heartbeats are the simulated world’s, not its server’s' };
  if (state === null || state === 'pending') return { up: null, said: 'not registered' };
  return { up: state === 'active' || state === 'degraded', said: `the registry holds it to be ${state}` };
}

/** Enough observers agree that a writer is gone: where that is switched on, people are asked to fail it over. */
export async function judgeLosses(ctx: CommandContext): Promise<void> {
  const [rows, observations, settings, runs] = await Promise.all([
    selectWrites(ctx.db),
    selectObservations(ctx.db),
    readSettings(ctx.db),
    selectOrderTimes(ctx.db),
  ]);
  const [groups, running] = await Promise.all([regionGroups(ctx), selectRunning(ctx.db)]);
  const busy = (region: string) => running.some(run => groupOf(groups, region).includes(run.from));
  const now = ctx.clock.now().getTime();
  for (const row of rows.filter(r => r.writes && !r.fencing && r.unknownSince === null)) {
    const verdict = regionDown(
      observations.filter(o => o.region === row.region),
      settings.quorum,
      now,
    );
    if (verdict.down !== true) {
      if (verdict.down === false) endLoss(row.region);
      continue;
    }
    if (!isTold(row)) {
      await ctx.commit(
        failoverEvent('failover.down', row.region, { votes: verdict.votes, epoch: row.epoch }),
        async () => {},
      );
      beginLoss(row);
    }
    // The switch is the last word: off, nothing is even proposed.
    if (!settings.automatic || busy(row.region)) continue;
    await propose(ctx, row, breakerOf(settings, runs, now));
  }
}
