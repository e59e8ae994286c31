import type { z } from 'zod';
import type { CommandContext } from '../trpc/context.ts';
import type { Look } from './loop.ts';

export interface JobRun {
  ctx: CommandContext;
  attempt: number;
  /** Aborted when the timeout passes or the worker shuts down. */
  signal: AbortSignal;
}

/** A job as data: what it takes, when it runs by itself, how long it may take, how often it is tried. */
export interface Job<S extends z.ZodType = z.ZodType> {
  name: `${string}.${string}`;
  title: string;
  payload: S;
  /** Five cron fields, UTC. A missed tick is made up for once. */
  schedule?: string;
  timeoutSeconds: number;
  maxAttempts: number;
  /** Jobs of one queue run one after another. */
  queue?: string;
  /** Must be idempotent: after a crash or a lost lease it runs again. */
  run(payload: z.output<S>, run: JobRun): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of jobs forgets each one's payload type; the runner parses it again.
export type AnyJob = Job<any>;

export const defineJob = <S extends z.ZodType>(job: Job<S>): Job<S> => job;

export interface LoopRun {
  ctx: CommandContext;
  /** Aborted when the worker shuts down. */
  signal: AbortSignal;
}

/** Work without end as data: whoever holds it goes round for ever, with a pause after each look. */
export interface DeclaredLoop {
  name: `${string}.${string}`;
  title: string;
  idleMs: number;
  /** A loop that can never find anything in this installation is not started. */
  needed?: () => boolean;
  /** Whoever takes it on waits so long first: after a start, what it looks at is only coming back. */
  settleMs?: number;
  /** One look. Must be idempotent: after a crash another worker repeats it, and for a moment two may be at it. */
  run(run: LoopRun): Promise<number | Look>;
}
