import type { PlanStep } from '#kernel/actions/plan.ts';
import { MovedOn } from '../errors.ts';
import { type ActionDriver, DriverAway, DriverRefused, type Snapshot, TargetMoved } from '../gateway.ts';
import { canaryWords } from '../schema/canary.ts';
import type { Execution, KeptStep } from '../store/executions.ts';
import { askedIn, holdBudget } from '../store/guards.ts';
import { whyHeldBackBy } from './assess.ts';
import { judge } from './canary.ts';
import { driverNamed, type From } from './drivers.ts';
import { HeldBack, proceed, waitUntil } from './progress.ts';
import { whyDenied } from './tightened.ts';
import { turnBack } from './turn-back.ts';

export interface AtHand {
  kept: KeptStep;
  step: PlanStep;
  before: Snapshot;
  driver: ActionDriver;
}

export function atHand(row: Execution, drivers: readonly ActionDriver[]): AtHand {
  const kept = row.steps[row.step];
  const step = row.plan.steps[row.step];
  if (!kept?.snapshot || !step) throw new Error(`${row.id} has no step ${row.step} to carry out.`);
  return { kept, step, before: kept.snapshot, driver: driverNamed(drivers, kept.driver) };
}

/** What a driver may take for one answer. */
const answerMs = 20_000;
/** How long a step may take to show what it did. */
const settleMs = 180_000;
const lookAgainMs = 3_000;

/** Under which a driver remembers it: one for the part, one for the whole, one for taking it back. */
export const orderKey = (row: Execution, part: 'part' | 'all' | 'back'): string =>
  `${row.id}:${row.step}:${part}`;

export const orderOf = (
  row: Execution,
  part: 'part' | 'all' | 'back',
  signal: AbortSignal,
  more: { expected: string | null; fraction?: number },
) => ({
  tenantId: row.tenantId,
  executionId: row.id,
  idempotencyKey: orderKey(row, part),
  signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  ...more,
});

/** The version the target was left in by the step before, or by the part that was tried; else as it was kept. */
function expectedVersion(row: Execution, before: Snapshot): string {
  const mine = row.steps.filter(s => s.n <= row.step && s.target === before.target && s.applied !== null);
  return mine.at(-1)?.applied?.version ?? before.version;
}

/** First written down, then ordered, then written down that it was done. */
export async function applyStep(
  from: From,
  row: Execution,
  drivers: readonly ActionDriver[],
  signal: AbortSignal,
): Promise<boolean> {
  const { kept, step, before, driver } = atHand(row, drivers);
  const n = row.step;
  if (kept.state === 'pending' || kept.state === 'tried') {
    const fraction = kept.state === 'pending' ? (driver.canary?.fraction(step, before) ?? null) : null;
    const now = from.clock.now();
    const why = await whyDenied(from, row);
    if (why !== null) return halt(from, row, why);
    const ordered = proceed(
      from,
      row,
      { did: 'order', canary: fraction !== null },
      {
        event: 'execution.ordered',
        detail: { step: n + 1, target: step.target, ...(fraction === null ? {} : { fraction }) },
        steps: [
          {
            n,
            ...(kept.orderedAt ? {} : { orderedAt: now }),
            ...(fraction === null ? {} : { canary: { fraction, ...replayed(driver) } }),
          },
        ],
        said:
          fraction === null
            ? `Step ${n + 1}: ${step.action} ${step.target} is ordered from ${driver.name}`
            : `Step ${n + 1}: ${step.action} ${step.target} is tried first, ${canaryWords({ fraction, ...replayed(driver) })}`,
        lock: true,
        unless: async tx => {
          await holdBudget(tx, row.tenantId);
          const held = await whyHeldBackBy(askedIn(tx), row.plan, row.id, row.step, now);
          // The next turn sees the kill switch and takes back what was done.
          if (held?.code === 'killed') throw new MovedOn();
          return held?.why ?? null;
        },
      },
    );
    return ordered.then(
      () => true,
      error => {
        if (error instanceof HeldBack) return halt(from, row, error.message);
        throw error;
      },
    );
  }
  const trying = kept.state === 'trying';
  const applied = await driver
    .apply(
      step,
      before,
      orderOf(row, trying ? 'part' : 'all', signal, {
        expected: expectedVersion(row, before),
        ...(trying && kept.canary ? { fraction: kept.canary.fraction } : {}),
      }),
    )
    .catch((error: Error) => error);
  if (applied instanceof Error) return notApplied(from, row, driver, applied, signal);
  const due = trying ? new Date(from.clock.now().getTime() + (driver.canary?.watchMs ?? 0)) : null;
  await proceed(
    from,
    row,
    { did: 'applied' },
    {
      event: 'execution.applied',
      detail: { step: n + 1, target: step.target, said: applied.said, version: applied.version },
      ...(due && due > from.clock.now() ? { change: { dueAt: due } } : {}),
      steps: [{ n, applied: { version: applied.version, said: applied.said } }],
      said: `Step ${n + 1}: ${applied.said}${applied.repeated ? ' (ordered before, and not done twice)' : ''}`,
    },
  );
  return true;
}

const replayed = ({ canary }: ActionDriver): { replayedMinutes?: number } =>
  canary?.replayedMinutes === undefined ? {} : { replayedMinutes: canary.replayedMinutes };

/** Nothing more is begun; what is done stays until people say how it goes on. */
async function halt(from: From, row: Execution, why: string): Promise<boolean> {
  const said = `Halted before step ${row.step + 1}: ${why}`;
  await proceed(
    from,
    row,
    { did: 'halt' },
    {
      event: 'execution.halted',
      detail: { step: row.step + 1, why },
      change: { failure: said, outcome: said.slice(0, 1000) },
      steps: [{ n: row.step, note: why }],
      said,
      level: 'warning',
      tell: true,
    },
  );
  return false;
}

async function notApplied(
  from: From,
  row: Execution,
  driver: ActionDriver,
  error: Error,
  signal: AbortSignal,
): Promise<boolean> {
  // The worker is going down: whoever comes next repeats the order.
  if (signal.aborted) throw error;
  if (error instanceof DriverAway) return retry(from, row, error);
  const unchanged = error instanceof TargetMoved || error instanceof DriverRefused;
  await turnBack(from, row, unchanged ? error.message : `${driver.name}: ${error.message}`, unchanged);
  return true;
}

async function retry(from: From, row: Execution, error: Error): Promise<boolean> {
  if (row.tries >= 6) {
    await turnBack(from, row, error.message);
    return true;
  }
  const at = new Date(from.clock.now().getTime() + 2_000 * 2 ** row.tries);
  await waitUntil(from, row, at, error.message, { tries: row.tries + 1 });
  return false;
}

/** The part against the rest. What shows neither is neither: people say how it goes on. */
export async function judgeStep(
  from: From,
  row: Execution,
  drivers: readonly ActionDriver[],
): Promise<boolean> {
  const { kept, step, before, driver } = atHand(row, drivers);
  const since = new Date(kept.orderedAt ?? row.requestedAt);
  const samples = (await driver.canary?.samples(step, before, since)) ?? {};
  const card = judge(samples);
  const n = row.step;
  await proceed(
    from,
    row,
    { did: 'judge', verdict: card.verdict },
    {
      event: 'execution.judged',
      detail: { step: n + 1, verdict: card.verdict, score: card.score },
      ...(card.verdict === 'fail'
        ? {
            change: {
              failure: 'The canary did worse than the rest.',
              outcome: 'Taken back: the canary did worse than the rest.',
            },
          }
        : {}),
      steps: [
        {
          n,
          canary: {
            fraction: kept.canary?.fraction ?? 0,
            ...replayed(driver),
            verdict: card.verdict,
            card: card.shown,
          },
        },
      ],
      said: `Canary of step ${n + 1}: ${card.verdict}. ${card.why}`,
      level: card.verdict === 'pass' ? 'info' : 'warning',
    },
  );
  return true;
}

/** Looks again, until it is as wanted or its time is over. */
export async function verifyStep(
  from: From,
  row: Execution,
  drivers: readonly ActionDriver[],
): Promise<boolean> {
  const { kept, step, before, driver } = atHand(row, drivers);
  const n = row.step;
  const measured = await driver.verify(step, before).catch((error: Error) => error);
  const late = from.clock.now().getTime() - Date.parse(kept.orderedAt ?? row.requestedAt) > settleMs;
  if (measured instanceof Error || measured.outcome === 'settling') {
    const why = measured instanceof Error ? measured.message : 'It is not as wanted yet';
    if (late) {
      await turnBack(from, row, `Step ${n + 1} did not become what was wanted in time: ${why}`);
      return true;
    }
    await waitUntil(from, row, new Date(from.clock.now().getTime() + lookAgainMs), why, {
      ...(measured instanceof Error ? {} : { steps: [{ n, measured }] }),
    });
    return false;
  }
  const bad = measured.checks.filter(check => !check.ok);
  if (measured.outcome === 'wrong') {
    const found = bad.map(c => `${c.name} is ${JSON.stringify(c.found)}, wanted ${JSON.stringify(c.wanted)}`);
    await proceed(
      from,
      row,
      { did: 'turnBack' },
      {
        event: 'execution.turned_back',
        detail: { step: n + 1, found },
        change: {
          failure: found.join('; '),
          outcome: `Taken back: ${found.join('; ')}`.slice(0, 1000),
        },
        steps: [{ n, measured }],
        said: `Step ${n + 1} is not as wanted: ${found.join('; ')}`,
        level: 'error',
      },
    );
    return true;
  }
  const last = n + 1 === row.steps.length;
  await proceed(
    from,
    row,
    { did: 'verify' },
    {
      event: 'execution.verified',
      detail: { step: n + 1, checks: measured.checks.length },
      ...(last ? { change: { outcome: 'Done, and seen to have worked' } } : {}),
      steps: [{ n, measured }],
      said: `Step ${n + 1} was measured again and is as wanted`,
    },
  );
  return true;
}
