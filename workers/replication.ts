import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { openHolders } from '#kernel/jobs/holder.ts';
import { type Loop, startLoop } from '#kernel/jobs/loop.ts';
import { closeRegionPools } from '#kernel/regions/sql.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import {
  askObservers,
  assignWrites,
  endStrayMoves,
  judgeLosses,
  keepLeases,
  lookAtGuards,
  putStreamsBack,
  resumeFailovers,
  settleRoles,
} from '#server/federation/edge-routing/service.ts';
import {
  askStreams,
  demoStream,
  lookAtStreams,
  recordSamples,
  resumeStreams,
} from '#server/federation/replication/service.ts';

const lookMs = 2_000;
const recordMs = 60_000;
/** Changes ask at once; this finds what no change announces, such as a policy that expired. */
const askMs = 30_000;
const watchMs = 1_000;

/** Looks at streams all the time. One worker does it; when it ends, another one takes over. */
export function startReplication(
  database: Database,
  clock: Clock,
  withDemo = env().simulation,
): { stop(): Promise<void> } {
  const ctx = () => systemContext('replication.look', database, clock);
  const holders = openHolders(database.pool('atom_owner'));
  const holder = holders.of('replication');
  let samples: Parameters<typeof recordSamples>[1][number][] = [];
  let recordedAt = clock.now().getTime();
  let askedAt = 0;
  let demo = !withDemo;
  const look = async (): Promise<number | null> => {
    if (!(await holder.held())) return null;
    if (!demo) demo = await demoStream(ctx());
    const seen = await lookAtStreams(ctx());
    samples.push(
      ...seen.map(({ stream, look: { at, lagBytes, lagSeconds, retainedBytes } }) => ({
        ...{ streamId: stream.id, at, lagBytes, lagSeconds, retainedBytes },
      })),
    );
    if (clock.now().getTime() - recordedAt >= recordMs) {
      recordedAt = clock.now().getTime();
      const batch = samples;
      samples = [];
      await recordSamples(ctx(), batch);
    }
    // Last: what cannot be judged keeps nothing else of this round from being done.
    if (clock.now().getTime() - askedAt >= askMs) {
      askedAt = clock.now().getTime();
      await resumeStreams(ctx());
      await askStreams(ctx());
    }
    return 0;
  };
  const watch = () => systemContext('edge_routing.watch', database, clock);
  const held = (step: () => Promise<unknown>) => async (): Promise<number | null> => {
    if (!(await holder.held())) return null;
    await step();
    return 0;
  };
  const loops: Loop[] = [
    startLoop('replication', lookMs, look, 'Looks at every replication stream'),
    startLoop(
      'leases',
      watchMs,
      held(() => keepLeases(watch())),
      'Renews the write lease of each region',
    ),
    startLoop(
      'observers',
      watchMs,
      held(() => Promise.all([askObservers(watch()), lookAtGuards(watch())])),
      'Asks the observers which regions they reach',
    ),
    startLoop(
      'failovers',
      watchMs,
      held(async () => {
        await resumeFailovers(watch());
        await settleRoles(watch());
        await assignWrites(watch());
        await judgeLosses(watch());
        await putStreamsBack(watch());
        await endStrayMoves(watch());
      }),
      'Judges losses of regions and assigns writes',
    ),
  ];
  return {
    stop: async () => {
      await Promise.all(loops.map(loop => loop.stop()));
      await holders.release();
      await closeRegionPools();
    },
  };
}
