import { holdAlone } from '#kernel/db/hold.ts';
import { log } from '#kernel/log/log.ts';
import { histogram } from '#kernel/metrics/metrics.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { notePrediction } from '#server/governance/cost/service/predictions.ts';
import { MovedOn } from '../errors.ts';
import { hasEnded } from '../rules/machine.ts';
import { type Execution, findExecution } from '../store/executions.ts';
import { driversOf, type From } from './drivers.ts';
import { prepare } from './prepare.ts';
import { LockedElsewhere, waitUntil } from './progress.ts';
import { restoreStep } from './restore.ts';
import { applyStep, judgeStep, verifyStep } from './steps.ts';
import { turnBackIfAsked } from './turn-back.ts';

const orchestration = histogram(
  'actions_orchestration_seconds',
  'From the first look at an authorised execution to its first order: locks, snapshot, signature, dry run',
  ['simulated'],
);

/** More than any plan needs: an execution that goes in circles ends here and not never. */
const mostTurns = 400;

/**
 * Takes an execution as far as it gets now: to its end, to a moment it has to wait for, or to people. May be called by
 * anybody at any time, and again after a crash at any point: it begins where the last commit left off, and orders that may
 * have been carried out are repeated under the same key.
 */
export async function advanceExecution(
  from: From,
  id: string,
  signal?: AbortSignal,
): Promise<'busy' | 'rests'> {
  const done = await holdAlone(from.database, `action:${id}`, () => goOn(from, id, signal));
  return done === null ? 'busy' : 'rests';
}

async function goOn(from: From, id: string, signal?: AbortSignal): Promise<true> {
  const { db } = systemContext('actions', from.database, from.clock);
  const drivers = driversOf(from);
  const began = performance.now();
  let prepared = false;
  for (let turn = 0; turn < mostTurns; turn += 1) {
    if (signal?.aborted) return true;
    const row = await findExecution(db, id);
    if (!row || hasEnded(row.state) || row.state === 'planned' || row.state === 'waiting') return true;
    if (row.dueAt !== null && Date.parse(row.dueAt) > from.clock.now().getTime() && row.stop === null)
      return true;
    if (row.state === 'authorised') {
      prepared = true;
      await promised(from, row);
    }
    try {
      if (!(await oneTurn(from, row, drivers, signal ?? AbortSignal.timeout(120_000)))) return true;
    } catch (error) {
      if (error instanceof MovedOn) continue;
      if (!(error instanceof LockedElsewhere)) throw error;
      await waitForLock(from, row, error.target);
      return true;
    }
    if (prepared && row.state === 'previewed') {
      orchestration.observe({ simulated: String(row.simulated) }, (performance.now() - began) / 1000);
      prepared = false;
    }
  }
  log().error({ event: 'actions.circles', execution: id });
  return true;
}

/** False: it waits. */
async function oneTurn(
  from: From,
  row: Execution,
  drivers: ReturnType<typeof driversOf>,
  signal: AbortSignal,
): Promise<boolean> {
  if (await turnBackIfAsked(from, row)) return true;
  switch (row.state) {
    case 'authorised':
    case 'locked':
    case 'snapshotted':
    case 'signed':
    case 'previewed':
      return prepare(from, row, drivers, signal);
    case 'applying':
      return applyStep(from, row, drivers, signal);
    case 'judging':
      return judgeStep(from, row, drivers);
    case 'verifying':
      return verifyStep(from, row, drivers);
    case 'rolling-back':
      return restoreStep(from, row, drivers, signal);
    default:
      return false;
  }
}

/** What it is said to cost, before anything is done, so that the bill can be held against it. */
async function promised(from: From, row: Execution): Promise<void> {
  if (row.dryRun) return;
  await notePrediction(systemContext('actions', from.database, from.clock), row.plan, row.id).catch(error =>
    log().warn({ event: 'actions.cost_not_noted', execution: row.id, error }),
  );
}

const lockRetryMs = 3_000;

const waitForLock = (from: From, row: Execution, target: string) =>
  waitUntil(
    from,
    row,
    new Date(from.clock.now().getTime() + lockRetryMs),
    `${target} is being changed by another execution; looking again soon`,
    { tries: row.tries + 1 },
  );
