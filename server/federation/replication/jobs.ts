import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { askStreams, carryOut, compareTable, scanStream, scanWhole, verifyDue } from './service.ts';

const carry = defineJob({
  name: 'replication.carry_out',
  title: 'Make or change a stream on its servers',
  payload: z.strictObject({ id: z.string() }),
  timeoutSeconds: 300,
  maxAttempts: 12,
  run: ({ id }, { ctx }) => carryOut(ctx, id),
});

const compare = defineJob({
  name: 'replication.compare',
  title: 'Compare a table with its mirror',
  payload: z.strictObject({ id: z.uuid() }),
  timeoutSeconds: 3600,
  maxAttempts: 12,
  queue: 'parity',
  run: async ({ id }, { ctx, signal }) => {
    await compareTable(ctx, id, signal);
  },
});

const scan = defineJob({
  name: 'replication.scan',
  title: 'Search a mirror for personal data',
  payload: z.strictObject({ id: z.string() }),
  timeoutSeconds: 600,
  maxAttempts: 3,
  queue: 'parity',
  run: async ({ id }, { ctx }) => {
    await scanStream(ctx, id);
  },
});

const whole = defineJob({
  name: 'replication.scan_whole',
  title: 'Search a mirror for every value of the personal columns',
  payload: z.strictObject({ id: z.string() }),
  timeoutSeconds: 3600,
  maxAttempts: 12,
  queue: 'parity',
  run: async ({ id }, { ctx, signal }) => {
    await scanWhole(ctx, id, signal);
  },
});

const ask = defineJob({
  name: 'replication.ask_again',
  title: 'Ask of every stream whether it is still allowed',
  payload: z.strictObject({}),
  timeoutSeconds: 120,
  maxAttempts: 10,
  run: async (_nothing, { ctx }) => {
    await askStreams(ctx);
  },
});

const due = defineJob({
  name: 'replication.verify_due',
  title: 'Have streams verified again whose newest comparison or search is older than six hours',
  payload: z.strictObject({}),
  schedule: '*/15 * * * *',
  timeoutSeconds: 120,
  maxAttempts: 1,
  run: async (_nothing, { ctx }) => {
    await verifyDue(ctx);
  },
});

export const replicationJobs: readonly AnyJob[] = [ask, carry, compare, due, scan, whole];
