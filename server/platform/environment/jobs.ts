import { z } from 'zod';
import type { Database } from '#kernel/db/database.ts';
import { askNow } from '#kernel/jobs/ask-now.ts';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { phases } from './schema.ts';
import { runPrecheck } from './service.ts';

const all = defineJob({
  name: 'environment.precheck',
  title: 'Look whether everything that is configured is reachable',
  payload: z.strictObject({}),
  schedule: '*/10 * * * *',
  timeoutSeconds: 60,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => {
    for (const phase of phases) await runPrecheck(ctx, phase);
  },
});

export const environmentJobs: readonly AnyJob[] = [all];

/**
 * Once the own ports answer: what was found while the last worker went down, or not yet found, would otherwise refuse
 * commands until the schedule comes round.
 */
export const precheckAtOnce = (database: Database): Promise<unknown> => askNow(database, all.name);
