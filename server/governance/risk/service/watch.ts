import type { CommandContext } from '#kernel/trpc/context.ts';
import { listSeries, readMinutes } from '#server/governance/observability/service.ts';
import { plainEvent } from '../events.ts';
import { tuning } from '../rules/detector.ts';
import { rounded, type WatchState, watch } from '../rules/minutes.ts';
import { type SignalState, selectNewest, selectStates, upsertSignals } from '../store/signals.ts';

/** A series that was never looked at before: what the detector learns from, a whole day with its ups and downs. */
const backlogMs = 24 * 3_600_000;
const seriesAtOnce = 60;

const keyOf = (s: { tenantId: string; service: string; metric: string }) =>
  `${s.tenantId}\n${s.service}\n${s.metric}`;

/** Sources are asked every few seconds: by then a minute's last sample is there. */
const settleMs = 10_000;
const lastMinute = (now: number) => now - (now % 60_000);

/** Null where the newest minute was looked at already: reading every series only to find nothing is not for every look. */
export async function watchIfDue(ctx: CommandContext, signal?: AbortSignal): Promise<number | null> {
  const newest = await selectNewest(ctx.db);
  const ended = lastMinute(ctx.clock.now().getTime() - settleMs) - 60_000;
  return newest !== null && Date.parse(newest) >= ended ? null : watchSeries(ctx, signal);
}

/** Takes every series on through the minutes that have ended since. Run twice, it finds nothing new the second time. */
export async function watchSeries(ctx: CommandContext, signal?: AbortSignal): Promise<number> {
  const now = ctx.clock.now().getTime();
  const to = new Date(lastMinute(now - settleMs));
  const [series, states] = await Promise.all([listSeries(ctx), selectStates(ctx.db)]);
  const known = new Map(states.map(state => [keyOf(state), state]));
  let seen = 0;
  for (let i = 0; i < series.length && !signal?.aborted; i += seriesAtOnce) {
    const some = series.slice(i, i + seriesAtOnce);
    const minutes = Map.groupBy(
      await readMinutes(
        ctx,
        some.map(s => ({ ...s, since: new Date(since(known.get(keyOf(s)), now)) })),
        to,
      ),
      keyOf,
    );
    const changed = some.flatMap((name): SignalState[] => {
      const before = known.get(keyOf(name));
      const grown = learned(before) ? before : undefined;
      const own = minutes.get(keyOf(name)) ?? [];
      const after = watch(
        (grown?.state as WatchState | undefined) ?? null,
        grown ? Date.parse(grown.at) : null,
        own.map(minute => ({ at: Date.parse(minute.at), value: minute.value })),
      );
      if (!after || pointsOf(after.state) === pointsOf(before?.state as WatchState | undefined)) return [];
      return [
        {
          ...name,
          at: new Date(after.at).toISOString(),
          value: after.value,
          expected: after.expected,
          score: after.score,
          state: rounded(after.state),
          simulated: own.every(minute => minute.simulated),
        },
      ];
    });
    if (changed.length === 0) continue;
    seen += changed.length;
    await ctx.record(
      plainEvent('risk.watched', { series: changed.length }),
      changed.map(({ state: _, ...fact }) => fact),
      tx => upsertSignals(tx, changed),
    );
  }
  return seen;
}

const pointsOf = (state: WatchState | undefined): number => state?.detector?.n ?? 0;

/**
 * Until a detector has seen enough to report anything, it begins anew each time: history that is brought in later (a first
 * start loads two days) is then learnt from too.
 */
const learned = (before: SignalState | undefined): boolean =>
  pointsOf(before?.state as WatchState | undefined) >= tuning.warmUp;

const since = (before: SignalState | undefined, now: number): number =>
  before && learned(before) ? Math.max(Date.parse(before.at) + 60_000, now - backlogMs) : now - backlogMs;
