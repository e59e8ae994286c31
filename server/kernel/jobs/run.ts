import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Logger,
  type ParsedCronItem,
  parseCronItems,
  run,
  runMigrations,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import pg from 'pg';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { log, wideEvent } from '../log/log.ts';
import { counter, histogram } from '../metrics/metrics.ts';
import { tracer } from '../trace/trace.ts';
import { systemContext } from '../trpc/commit.ts';
import { announceJobs } from './announce.ts';
import { watchWorkers } from './dead-workers.ts';
import type { AnyJob } from './declare.ts';
import { startLoop } from './loop.ts';
import { type MinuteCounter, minuteCounter } from './minutes.ts';

const seconds = histogram('jobs_duration_seconds', 'Time a job took', ['job', 'outcome']);
const finished = counter('jobs_finished_total', 'Jobs that ended', ['job', 'outcome']);
const restarts = counter(
  'jobs_restarts_total',
  'Times that what runs jobs ended by itself and was started again',
);

/** Between the end of a run and the next start. */
const againMs = 1000;

export async function migrateJobs(ownerUrl: string): Promise<void> {
  const pgPool = new pg.Pool({ connectionString: ownerUrl, max: 2 });
  pgPool.on('error', () => {}); // a connection that breaks once the work is done must not end the process
  pgPool.on('connect', client => client.on('error', () => {}));
  try {
    await runMigrations({ pgPool, logger: quietLogger() });
  } finally {
    await pgPool.end();
  }
}

/** What runs jobs in this process, from one start of the engine to its end. */
interface Run {
  /** When it ended, by itself or because it was stopped. */
  ended: Promise<unknown>;
  stop(): Promise<void>;
  /** Once it ended: what it still held goes back, to be done again. */
  giveBack(): Promise<void>;
}

/**
 * Runs jobs until it is stopped. The engine ends by itself where it cannot write down that a job is done, such as while the
 * database is away: then it is started again, or nothing would be done here any more.
 */
export async function runJobs(
  database: Database,
  clock: Clock,
  jobs: readonly AnyJob[],
  concurrency = 8,
): Promise<{ stop(): Promise<void> }> {
  await announceJobs(database.pool('atom_owner'), jobs, clock.now());
  const minutes = minuteCounter(database.pool('atom_owner'));
  const start = () => startRun(database, clock, jobs, concurrency, minutes);
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  let current = await start();
  const kept = (async () => {
    for (;;) {
      await current.ended;
      await current.giveBack();
      if (stopped) return;
      log().error({ event: 'jobs.ended' });
      for (let began = false; !began && !stopped; ) {
        await Promise.race([pause(againMs, undefined, { ref: false }), stopping.promise]);
        if (stopped) return;
        began = await start().then(
          run => {
            current = run;
            return true;
          },
          error => {
            log().error({ event: 'jobs.not_started', error });
            return false;
          },
        );
      }
      restarts.inc();
      if (stopped) await current.stop(); // it was asked for while this began
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      stopping.resolve();
      await current.stop();
      await kept;
      await minutes.stop();
    },
  };
}

async function startRun(
  database: Database,
  clock: Clock,
  jobs: readonly AnyJob[],
  concurrency: number,
  minutes: MinuteCounter,
): Promise<Run> {
  const pool = database.pool('atom_owner');
  const events: WorkerEvents = new EventEmitter();
  const pools: string[] = [];
  events.on('pool:create', ({ workerPool }) => pools.push(workerPool.id));
  const runner = await run({
    events,
    pgPool: pool,
    concurrency,
    noHandleSignals: true,
    pollInterval: 1000,
    taskList: Object.fromEntries(
      jobs.map(job => [job.name, task(job, database, clock, minutes)]),
    ) as TaskList,
    parsedCronItems: cronItems(jobs),
    logger: quietLogger(),
    preset: { worker: { localQueue: { size: 100 }, completeJobBatchDelay: 5, failJobBatchDelay: 5 } },
  });
  const workers = watchWorkers(pool, clock, () => pools);
  const watch = startLoop(
    'workers',
    5000,
    workers.step,
    'Gives back the jobs of workers that ended',
    'steady',
  );
  return {
    ended: runner.promise.catch(() => {}),
    stop: () => runner.stop().catch(() => {}), // it may have ended by itself
    giveBack: async () => {
      await watch.stop();
      await workers.release();
      // Where this fails, too, another worker or the next start finds them held by nobody.
      await pool
        .query('select graphile_worker.force_unlock_workers($1::text[])', [pools])
        .catch(error => log().warn({ event: 'jobs.not_given_back', error }));
    },
  };
}

function cronItems(jobs: readonly AnyJob[]): ParsedCronItem[] {
  return parseCronItems(
    jobs.flatMap(job =>
      job.schedule
        ? [
            {
              task: job.name,
              match: job.schedule,
              identifier: job.name,
              options: {
                maxAttempts: job.maxAttempts,
                backfillPeriod: 0,
                ...(job.queue ? { queueName: job.queue } : {}),
              },
            },
          ]
        : [],
    ),
  );
}

const task =
  (job: AnyJob, database: Database, clock: Clock, minutes: MinuteCounter): TaskList[string] =>
  (raw, helpers) =>
    tracer().startActiveSpan(`job ${job.name}`, async span => {
      const event = wideEvent('job', {
        job: job.name,
        job_id: helpers.job.id,
        attempt: helpers.job.attempts,
      });
      const stop = seconds.startTimer({ job: job.name });
      const started = performance.now();
      const timeout = AbortSignal.timeout(job.timeoutSeconds * 1000);
      const signal = helpers.abortSignal ? AbortSignal.any([timeout, helpers.abortSignal]) : timeout;
      try {
        const payload = job.payload.parse(withoutCron(raw));
        await untilAborted(
          job.run(payload, {
            ctx: systemContext(job.name, database, clock),
            attempt: helpers.job.attempts,
            signal,
          }),
          signal,
          timeout,
          job,
        );
        stop({ outcome: 'ok' });
        finished.inc({ job: job.name, outcome: 'ok' });
        minutes.count(job.name, true, performance.now() - started, clock.now());
        event.end('ok');
      } catch (error) {
        stop({ outcome: 'error' });
        finished.inc({ job: job.name, outcome: 'error' });
        minutes.count(job.name, false, performance.now() - started, clock.now());
        event.end('error', { error });
        throw error;
      } finally {
        span.end();
      }
    });

/** graphile-worker adds `_cron` to scheduled payloads; jobs declare strict ones. */
function withoutCron(raw: unknown): unknown {
  if (raw === null || typeof raw !== 'object') return raw;
  const { _cron, ...rest } = raw as Record<string, unknown>;
  return rest;
}

function untilAborted(
  work: Promise<void>,
  signal: AbortSignal,
  timeout: AbortSignal,
  job: AnyJob,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const why = () =>
      timeout.aborted
        ? `${job.name} did not end within ${job.timeoutSeconds} s.`
        : `${job.name} did not end before its worker did.`;
    const onAbort = () => reject(new Error(why()));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** graphile-worker's own lines join our log at their own level; per-job lines are ours. */
function quietLogger() {
  return new Logger(scope => (level, message, meta) => {
    if (level === 'debug' || (level === 'info' && scope.jobId)) return;
    log()[level === 'error' ? 'error' : level === 'warning' ? 'warn' : 'debug']({
      event: 'jobs.engine',
      message,
      ...meta,
    });
  });
}
