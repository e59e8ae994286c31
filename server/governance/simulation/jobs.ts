import { z } from 'zod';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { type AnyJob, type DeclaredLoop, defineJob } from '#kernel/jobs/declare.ts';
import { judgeDueCanaries } from './service/canaries.ts';
import { healFault, listFaults } from './service/faults.ts';
import { moveGameDays, startScheduled } from './service/game-day-steps.ts';
import { noteFaults } from './service/metrics.ts';
import { runReplay } from './service/replays.ts';

/** Faults have jobs that heal them at their time; this looks after what takes several steps. */
export const simulationLoops: readonly DeclaredLoop[] = [
  {
    name: 'simulation.step',
    title: 'Starts game days that are due, moves them on, judges canaries',
    idleMs: 15_000,
    run: async ({ ctx }) => {
      const started = await startScheduled(ctx);
      const moved = await moveGameDays(ctx);
      const judged = await judgeDueCanaries(ctx);
      const faults = (await listFaults(ctx)).running.length;
      noteFaults(faults);
      return {
        done: started + moved + judged,
        said: `${started} game days started, ${moved} moved on, ${judged} canaries judged; ${faults} faults under way`,
      };
    },
  },
];

const heal = defineJob({
  name: 'simulation.heal',
  title: 'Heal a fault when its time is over',
  payload: z.strictObject({ id: z.string() }),
  timeoutSeconds: 30,
  maxAttempts: 5,
  run: async ({ id }, { ctx }) => {
    try {
      await healFault(ctx, id);
    } catch (error) {
      // Healed or mended before: that is what was wanted.
      if (!(error instanceof DomainError && error.code === 'simulation.healed')) throw error;
    }
  },
});

const replay = defineJob({
  name: 'simulation.replay',
  title: 'Replay history under a draft of autonomy',
  payload: z.strictObject({ id: z.uuid() }),
  timeoutSeconds: 240,
  maxAttempts: 3,
  run: ({ id }, { ctx, signal }) => runReplay(ctx, id, signal),
});

export const simulationJobs: readonly AnyJob[] = [heal, replay];
