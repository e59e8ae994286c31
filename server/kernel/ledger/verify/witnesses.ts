import type { Queryable } from '../nodes.ts';
import { cosignersOf, witnessedState } from '../witnessed.ts';
import { LedgerProblem } from './problem.ts';

/** Whether as many witnesses cosigned as the rules of the federation require; a sentence, nothing where none are required. */
export async function verifyWitnesses(db: Queryable, now = new Date()): Promise<string> {
  const { rule, head, behindSeconds, met } = await witnessedState(db, now);
  const { required, withinMinutes } = rule;
  if (required === 0) return '';
  const hold = 'The entries hold, but the witnesses do not suffice';
  if (!head) throw new LedgerProblem(`${hold}: no checkpoint carries the ${required} required cosignatures.`);
  const by = await cosignersOf(db, head.note);
  if (by.length < required)
    throw new LedgerProblem(
      `${hold}: of the cosignatures of ${head.size} entries ${by.length} fit a configured key; ${required} are required.`,
      head.size,
    );
  if (!met)
    throw new LedgerProblem(
      `${hold}: entries from ${head.size} on wait for ${required} witnesses since ${Math.round(behindSeconds)} s; ${withinMinutes} minutes are allowed.`,
      head.size,
    );
  return ` Cosigned up to ${head.size} entries by ${by.join(', ')}; ${required} ${required === 1 ? 'is' : 'are'} required.`;
}
