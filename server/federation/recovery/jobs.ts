import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { keepRecovery, runDrill, runSnapshot } from './service/perform.ts';

const keep = defineJob({
  name: 'recovery.keep',
  title: 'See whether a snapshot or a restore drill is due, and remove old snapshots',
  payload: z.strictObject({}),
  schedule: '*/5 * * * *',
  timeoutSeconds: 120,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => keepRecovery(ctx),
});

const snapshot = defineJob({
  name: 'recovery.snapshot',
  title: 'Take a snapshot of the console’s database',
  payload: z.strictObject({ id: z.string() }),
  timeoutSeconds: 1_800,
  maxAttempts: 2,
  queue: 'recovery',
  run: async ({ id }, { ctx, signal }) => runSnapshot(ctx, id, signal),
});

const drill = defineJob({
  name: 'recovery.drill',
  title: 'Restore a snapshot into a server of its own and prove it',
  payload: z.strictObject({ id: z.string(), origin: z.enum(['schedule', 'demand']) }),
  timeoutSeconds: 1_800,
  maxAttempts: 1,
  queue: 'recovery',
  run: async ({ id, origin }, { ctx }) => runDrill(ctx, id, origin),
});

export const recoveryJobs: readonly AnyJob[] = [keep, snapshot, drill];
