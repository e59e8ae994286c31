import { systemContext } from '#kernel/trpc/commit.ts';
import { killedWords } from '../rules/guards.ts';
import { isUntouched } from '../rules/machine.ts';
import type { Execution } from '../store/executions.ts';
import { selectGuardsOf } from '../store/guards.ts';
import type { From } from './drivers.ts';
import { proceed } from './progress.ts';

/** Ends it before anything was changed. */
export const refuseExecution = (from: From, row: Execution, why: string): Promise<void> =>
  proceed(
    from,
    row,
    { did: 'refuse' },
    {
      event: 'execution.refused',
      detail: { why },
      change: { outcome: why },
      said: why,
      level: 'warning',
    },
  );

/** From here on it only goes back. `unchanged`: the step at hand is known to have done nothing. */
export const turnBack = (from: From, row: Execution, why: string, unchanged = false): Promise<void> =>
  proceed(
    from,
    row,
    { did: 'turnBack', ...(unchanged ? { unchanged: true as const } : {}) },
    {
      event: 'execution.turned_back',
      detail: { why },
      change: { failure: why, outcome: `Taken back: ${why}`.slice(0, 1000) },
      steps: [{ n: row.step, note: why }],
      said: why,
      level: 'error',
    },
  );

/** A person's stop, or the kill switch, holds before every step. What is being taken back goes on being taken back. */
export async function turnBackIfAsked(from: From, row: Execution): Promise<boolean> {
  if (row.state === 'rolling-back') return false;
  const why = row.stop ?? (await whyKilled(from, row));
  if (why === null) return false;
  if (isUntouched(row.state)) await refuseExecution(from, row, why);
  else await turnBack(from, row, why);
  return true;
}

async function whyKilled(from: From, row: Execution): Promise<string | null> {
  if (row.dryRun) return null;
  const settings = await selectGuardsOf(systemContext('actions', from.database, from.clock).db, row.tenantId);
  const killed = settings.find(setting => setting.killed);
  return killed ? killedWords(killed) : null;
}
