import { regionServer } from '#kernel/regions/servers.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { noSuchRun } from '../errors.ts';
import { breakerOf, isFresh, regionDown } from '../rules/quorum.ts';
import { against } from '../rules/roles.ts';
import type { FailoverRun, FailoverStatus } from '../schema.ts';
import { selectOrderTimes } from '../store/proposals.ts';
import {
  findRun,
  readSettings,
  type StoredRun,
  selectObservations,
  selectRunning,
  selectRuns,
  selectWrites,
} from '../store.ts';
import { regionGroups } from './joined.ts';
import { readMatrix } from './plan.ts';

const between = (from: string | null, to: string | null): number | null =>
  from === null || to === null
    ? null
    : Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 100) / 10);

export function shownRun({ facts: f, ...run }: StoredRun): FailoverRun {
  return {
    ...run,
    ready: f.ready,
    notReady: f.notReady,
    predictedRpoSeconds: f.predictedRpoSeconds,
    predictedRtoSeconds: f.predictedRtoSeconds,
    predictedDetectSeconds: f.predictedDetectSeconds ?? null,
    rpoBytes: f.rpoBytes,
    rpoSeconds: f.rpoSeconds,
    rtoSeconds: between(f.fenced ? run.startedAt : (f.lastHeardAt ?? run.startedAt), f.writtenAt),
    detectSeconds: between(f.lastHeardAt, f.downAt),
    switchSeconds: between(run.startedAt, f.writtenAt),
    message: f.message,
    failback: { from: run.to, to: run.from },
  };
}

export async function readRun(ctx: ReadContext, id: string): Promise<FailoverRun> {
  const run = await findRun(ctx.db, id);
  if (!run) throw noSuchRun(id);
  return shownRun(run);
}

export const readHistory = async (ctx: ReadContext) => ({ runs: (await selectRuns(ctx.db)).map(shownRun) });

export async function readFailover(ctx: ReadContext): Promise<FailoverStatus> {
  const at = ctx.clock.now();
  const [settings, writes, observations, runs, matrix, running, groups] = await Promise.all([
    readSettings(ctx.db),
    selectWrites(ctx.db),
    selectObservations(ctx.db),
    selectOrderTimes(ctx.db),
    readMatrix(ctx),
    selectRunning(ctx.db),
    regionGroups(ctx),
  ]);
  const busy = new Set(groups.filter(group => running.some(run => group.includes(run.from))).flat());
  return {
    at: at.toISOString(),
    settings,
    regions: writes.map(({ unknownSince, found, unguarded: _open, guardsAt: _at, ...row }) => {
      const seen = observations.filter(o => o.region === row.region);
      const { down, since, disputed, votes } = regionDown(seen, settings.quorum, at.getTime());
      return {
        ...row,
        practice: !row.simulated && regionServer(row.region)?.pid !== undefined,
        down,
        disputed: disputed
          ? `the console reaches it, and ${votes === 1 ? '1 observer says' : `${votes} observers say`} that it is down: nothing is proposed`
          : null,
        busy: busy.has(row.region),
        downFor: since === null ? null : Math.max(0, Math.round((at.getTime() - since) / 1000)),
        unknown: unknownSince === null ? null : { since: unknownSince, found, against: against(row, found) },
        observations: seen.map(({ lsn: _lsn, heardAt: _heard, ...o }) => ({
          ...o,
          name: o.name ?? o.observer,
          ageSeconds: Math.max(0, Math.round((at.getTime() - Date.parse(o.at)) / 1000)),
          counts: o.up !== null && isFresh(o, at.getTime()),
        })),
      };
    }),
    matrix,
    running: running.map(shownRun),
    breaker: breakerOf(settings, runs, at.getTime()),
  };
}
