import { z } from 'zod';
import type { Database } from '#kernel/db/database.ts';
import { askNow } from '#kernel/jobs/ask-now.ts';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { phases } from './schema.ts';
import { readLatest, runPrecheck } from './service.ts';

/** What is blocked is looked at each minute, the rest every ten. */
const everyMs = 10 * 60_000 - 30_000;

const all = defineJob({
  name: 'environment.precheck',
  title: 'Look whether everything that is configured is reachable',
  payload: z.strictObject({ all: z.boolean().default(false) }),
  schedule: '* * * * *',
  timeoutSeconds: 60,
  maxAttempts: 1,
  run: async ({ all: every }, { ctx }) => {
    const { results } = await readLatest(ctx);
    const stale = ctx.clock.now().getTime() - everyMs;
    for (const phase of phases) {
      const last = results.find(result => result.phase === phase);
      if (every || !last || last.decision === 'BLOCK' || Date.parse(last.at) <= stale)
        await runPrecheck(ctx, phase);
    }
  },
});

export const environmentJobs: readonly AnyJob[] = [all];

/**
 * Once the own ports answer: what was found while the last worker went down, or not yet found, would otherwise refuse
 * commands until the schedule comes round.
 */
export const precheckAtOnce = (database: Database): Promise<unknown> =>
  askNow(database, all.name, { all: true });
