import { z } from 'zod';

export const jobStates = ['running', 'waiting', 'retrying', 'failed'] as const;

export const jobRow = z.object({
  id: z.int(),
  task: z.string(),
  queue: z.string().nullable(),
  state: z.enum(jobStates),
  attempts: z.int(),
  maxAttempts: z.int(),
  runAt: z.string(),
  createdAt: z.string(),
  lockedAt: z.string().nullable(),
  lastError: z.string().nullable(),
});
export type JobRow = z.output<typeof jobRow>;

export const listJobsInput = z.strictObject({
  states: z
    .array(z.enum(jobStates))
    .min(1)
    .max(jobStates.length)
    .default([...jobStates]),
  limit: z.int().min(1).max(500).default(100),
});
export const jobList = z.object({ rows: z.array(jobRow) });
export const jobRef = z.strictObject({ id: z.int().min(1) });

export const queueRow = z.object({
  /** Null: the jobs that wait for nobody and run beside one another. */
  name: z.string().nullable(),
  running: z.int(),
  waiting: z.int(),
  failed: z.int(),
  oldestWaitingAt: z.string().nullable(),
});
export type QueueRow = z.output<typeof queueRow>;

export const declaredJob = z.object({
  name: z.string(),
  title: z.string(),
  schedule: z.string().nullable(),
  queue: z.string().nullable(),
  maxAttempts: z.int(),
  timeoutSeconds: z.int(),
  lastAt: z.string().nullable(),
  nextAt: z.string().nullable(),
  ok: z.int(),
  failed: z.int(),
  meanMs: z.number().nullable(),
});
export type DeclaredJob = z.output<typeof declaredJob>;

/** Work without end: one worker at a time does each. */
export const loopRow = z.object({
  name: z.string(),
  title: z.string(),
  /** Milliseconds between two looks when there is nothing to do. */
  idleMs: z.int(),
  state: z.enum(['running', 'failing', 'silent']),
  /** Milliseconds since it last came to its end well, beyond its pause; null = never yet. */
  lagMs: z.int().nullable(),
  okAt: z.string().nullable(),
  workedAt: z.string().nullable(),
  done: z.int(),
  /** What the last look came to, where a number does not say it. */
  said: z.string().nullable(),
  tookMs: z.int(),
  nextAt: z.string().nullable(),
  failures: z.int(),
  lastError: z.string().nullable(),
  /** The worker that does it; null where none that speaks does. */
  holder: z.string().nullable(),
  workers: z.int(),
});
export type LoopRow = z.output<typeof loopRow>;

/** For the badge in the frame. */
export const failedJobs = z.object({ count: z.int() });

export const jobsOverview = z.object({
  counts: z.record(z.enum(jobStates), z.int()),
  oldestWaitingAt: z.string().nullable(),
  queues: z.array(queueRow),
  jobs: z.array(declaredJob),
  loops: z.array(loopRow),
  /** The last sixty minutes; null where no worker ran. */
  perMinute: z.array(z.object({ at: z.string(), value: z.int().nullable() })),
});
