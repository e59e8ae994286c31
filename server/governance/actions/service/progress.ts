import { irreversible } from '#kernel/actions/plan.ts';
import type { Tx } from '#kernel/db/database.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { log } from '#kernel/log/log.ts';
import { counter } from '#kernel/metrics/metrics.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { notificationJob } from '#server/platform/notifications/request.ts';
import { MovedOn } from '../errors.ts';
import { advanceJob, type ExecutionEvent, executionEvent } from '../events.ts';
import { advance, type Course, type Happening, hasEnded } from '../rules/machine.ts';
import { addLog, type Change, type StepChange, updateExecution } from '../store/changes.ts';
import type { Execution } from '../store/executions.ts';
import { dropLocks, takeLocks } from '../store/guards.ts';
import type { From } from './drivers.ts';

const ended = counter('actions_executions_total', 'Executions that ended, by how', ['outcome', 'simulated']);

/** How long a target stays locked after the last sign of life of its execution. */
export const lockMs = 60_000;

export const courseOf = (row: Execution): Course => ({
  state: row.state,
  step: row.step,
  dryRun: row.dryRun,
  steps: row.steps.map(step => ({
    state: step.state,
    tried: step.applied !== null,
    reversible: !irreversible.has(step.action as never),
  })),
});

export interface Told {
  event: ExecutionEvent;
  detail?: { [key: string]: Json };
  change?: Change;
  steps?: StepChange[];
  said: string;
  level?: 'info' | 'warning' | 'error';
  /** Takes or renews the locks in the same transaction; where they are somebody else's, nothing happens. */
  lock?: true;
  /** Asked in the same transaction; its answer is why nothing may happen. */
  unless?: (tx: Tx) => Promise<string | null>;
  /** People are told of it although it has not ended. */
  tell?: true;
}

/** Thrown inside the transaction to leave it. */
export class HeldBack extends Error {}

/** Thrown inside the transaction to leave it. */
export class LockedElsewhere extends Error {
  readonly target: string;
  constructor(target: string) {
    super(target);
    this.target = target;
  }
}

/** One step of the course as one commit: the state, what is kept of it, its log line, its entry and its locks. */
export async function proceed(from: From, row: Execution, happening: Happening, told: Told): Promise<void> {
  const next = advance(courseOf(row), happening);
  if (!next.ok) throw new Error(`${row.id}: ${next.why}`);
  const { course } = next;
  const now = from.clock.now();
  const over = hasEnded(course.state);
  const given = new Map((told.steps ?? []).map(step => [step.n, step]));
  const steps = course.steps.flatMap(({ state }, n): StepChange[] => {
    const change = given.get(n);
    if (state === row.steps[n]?.state && !change) return [];
    return [{ ...change, n, state, ...(settled.has(state) ? { endedAt: now } : {}) }];
  });
  const change: Change = {
    ...told.change,
    state: course.state,
    step: course.step,
    dueAt: told.change?.dueAt ?? null,
    tries: told.change?.tries ?? 0,
    ...(over ? { endedAt: now } : {}),
  };
  const targets = row.steps.map(step => step.target);
  const event = over ? endOf(course.state, told.event) : told.event;
  await systemContext('actions', from.database, from.clock).commit(
    executionEvent(
      event,
      row,
      { state: course.state, simulated: row.simulated, ...told.detail },
      over || told.tell ? messages(row, course.state, told) : [],
    ),
    async tx => {
      if (!(await updateExecution(tx, row, change, steps, now))) throw new MovedOn();
      const why = (await told.unless?.(tx)) ?? null;
      if (why !== null) throw new HeldBack(why);
      if (told.lock && !row.dryRun) {
        const taken = await takeLocks(tx, row, targets, now, new Date(now.getTime() + lockMs));
        if (taken !== null) throw new LockedElsewhere(taken);
      }
      if (over) await dropLocks(tx, row.id);
      await addLog(tx, row, [{ level: told.level ?? 'info', said: told.said }], now);
    },
    { tenantId: row.tenantId },
  );
  if (over) ended.inc({ outcome: course.state, simulated: String(row.simulated) });
}

const settled: ReadonlySet<string> = new Set([
  'verified',
  'restored',
  'stuck',
  'kept',
  'unchanged',
  'skipped',
]);

const endOf = (state: Execution['state'], event: ExecutionEvent): ExecutionEvent => {
  if (state === 'succeeded') return 'execution.succeeded';
  if (state === 'rolled-back') return 'execution.rolled_back';
  if (state === 'failed') return 'execution.failed';
  return event;
};

/** Nothing is decided: it looks again at `at`. */
export async function waitUntil(
  from: From,
  row: Execution,
  at: Date,
  why: string,
  more: { tries?: number; steps?: StepChange[] } = {},
): Promise<void> {
  const now = from.clock.now();
  await systemContext('actions', from.database, from.clock).commit(
    executionEvent('execution.waited', row, { until: at.toISOString(), why }, [advanceJob(row.id, at)]),
    async tx => {
      const change = { dueAt: at, tries: more.tries ?? row.tries };
      if (!(await updateExecution(tx, row, change, more.steps ?? [], now))) throw new MovedOn();
      if (!row.dryRun && row.state !== 'authorised') {
        const until = new Date(Math.max(at.getTime(), now.getTime()) + lockMs);
        await takeLocks(
          tx,
          row,
          row.steps.map(step => step.target),
          now,
          until,
        );
      }
      await addLog(tx, row, [{ level: 'info', said: why }], now);
    },
    { tenantId: row.tenantId },
  );
  log().info({ event: 'actions.waits', execution: row.id, why });
}

const words = {
  succeeded: ['info', 'Done'],
  'rolled-back': ['warning', 'Rolled back'],
  failed: ['critical', 'Failed'],
  refused: ['warning', 'Refused'],
  undecided: ['warning', 'Waits for a decision'],
} as const;

/** Whoever asked hears how it ended; what could not be taken back is everybody's business. */
function messages(row: Execution, state: Execution['state'], told: Told) {
  const [severity, word] = words[state as keyof typeof words] ?? ['info', state];
  const to = {
    ...(row.requesterKind === 'user' ? { users: [row.requesterId] } : {}),
    ...(state === 'failed' || state === 'undecided' ? { roles: ['admin', 'operator'] } : {}),
  };
  if (Object.keys(to).length === 0) return [];
  return [
    notificationJob({
      groupKey: `execution:${row.id}`,
      kind: 'system',
      severity,
      title: `${word}: ${row.title}`.slice(0, 200),
      lines: [
        { label: 'Execution', value: row.dryRun ? `${row.id}, a dry run` : row.id },
        { label: 'Outcome', value: (told.change?.outcome ?? told.said).slice(0, 500) },
      ],
      link: `/governance/executions/${row.id}`,
      to,
    }),
  ];
}
