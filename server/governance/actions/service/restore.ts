import type { ActionDriver, Applied, Measured } from '../gateway.ts';
import type { Execution } from '../store/executions.ts';
import type { From } from './drivers.ts';
import { proceed, waitUntil } from './progress.ts';
import { type AtHand, atHand, orderOf } from './steps.ts';

const mostTries = 8;
const lookAgainMs = 3_000;

/** Brings one step back, looks whether the old state is there, and goes down to the one before. */
export async function restoreStep(
  from: From,
  row: Execution,
  drivers: readonly ActionDriver[],
  signal: AbortSignal,
): Promise<boolean> {
  const { step, before, driver } = atHand(row, drivers);
  const n = row.step;
  const settle = async (restored: boolean, said: string) => {
    const whole = restored && !row.steps.some(s => s.state === 'stuck' || s.state === 'kept');
    await proceed(
      from,
      row,
      { did: 'restore', restored },
      {
        event: 'execution.restored',
        detail: { step: n + 1, target: step.target, restored },
        change: {
          outcome: whole
            ? `Rolled back, and the state before was seen to be back. ${row.failure ?? ''}`.trim()
            : `Not wholly taken back: look at ${step.target} yourself. ${row.failure ?? ''}`.trim(),
        },
        steps: [{ n, note: said }],
        said,
        level: restored ? 'info' : 'error',
      },
    );
    return true;
  };
  const tried = await takeBack(row, { step, before, driver }, signal);
  if (tried instanceof Error) {
    if (signal.aborted) throw tried;
    if (row.tries >= mostTries)
      return settle(false, `Step ${n + 1} could not be taken back: ${tried.message}`);
    return later(from, row, `Step ${n + 1} could not be taken back yet: ${tried.message}`);
  }
  const { applied, measured } = tried;
  if (measured.outcome === 'ok')
    return settle(true, `Step ${n + 1} was taken back: ${applied.said}. The state before is there again`);
  if (measured.outcome === 'wrong' && row.tries >= mostTries) {
    const off = measured.checks.filter(check => !check.ok);
    const words = off.map(c => `${c.name} is ${JSON.stringify(c.found)}, was ${JSON.stringify(c.wanted)}`);
    return settle(false, `Step ${n + 1} is not as before: ${words.join('; ')}`);
  }
  if (row.tries >= mostTries * 5) return settle(false, `Step ${n + 1} did not come back in time`);
  return later(from, row, `Step ${n + 1} is coming back`);
}

async function takeBack(
  row: Execution,
  { step, before, driver }: Pick<AtHand, 'step' | 'before' | 'driver'>,
  signal: AbortSignal,
): Promise<Error | { applied: Applied; measured: Measured }> {
  try {
    const applied = await driver.rollback(step, before, orderOf(row, 'back', signal, { expected: null }));
    return { applied, measured: await driver.restored(step, before) };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function later(from: From, row: Execution, why: string): Promise<boolean> {
  const pause = Math.min(30_000, lookAgainMs * (1 + row.tries));
  await waitUntil(from, row, new Date(from.clock.now().getTime() + pause), why, { tries: row.tries + 1 });
  return false;
}
