import { z } from 'zod';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { judgeDueCanaries } from './service/canaries.ts';
import { healFault, listFaults } from './service/faults.ts';
import { moveGameDays, startScheduled } from './service/game-day-steps.ts';
import { noteFaults } from './service/metrics.ts';
import { runReplay } from './service/replays.ts';

const step = defineJob({
  name: 'simulation.step',
  title: 'Move game days on and judge canaries',
  payload: z.strictObject({}),
  schedule: '* * * * *',
  timeoutSeconds: 55,
  maxAttempts: 1,
  queue: 'simulation',
  run: async (_payload, { ctx }) => {
    await startScheduled(ctx);
    await moveGameDays(ctx);
    await judgeDueCanaries(ctx);
    noteFaults((await listFaults(ctx)).running.length);
  },
});

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

export const simulationJobs: readonly AnyJob[] = [step, heal, replay];
