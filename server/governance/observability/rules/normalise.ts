import type { FieldIssue } from '#kernel/errors/domain-error.ts';
import { issuesOf } from '#kernel/errors/problem.ts';
import { type EventInput, eventInput, type ParsedEvent } from '../schema.ts';

export const dayMs = 86_400_000;
/** Clocks of senders run ahead a little; a day ahead is a mistake. */
const aheadMs = 3_600_000;

export type Checked = { ok: true; event: ParsedEvent; at: Date } | { ok: false; issue: FieldIssue };

/** Parses one line and places it in time; what lies outside of what is kept is refused with the reason. */
export function checkEvent(given: EventInput | unknown, now: Date, keepMs: number): Checked {
  const parsed = eventInput.safeParse(given);
  if (!parsed.success)
    return {
      ok: false,
      issue: named(issuesOf(parsed.error)[0] ?? { field: '(line)', message: 'Not an event.' }),
    };
  const at = parsed.data.ts === undefined ? now : new Date(parsed.data.ts);
  if (at.getTime() > now.getTime() + aheadMs)
    return { ok: false, issue: { field: 'ts', message: 'Lies more than an hour in the future.' } };
  if (at.getTime() < now.getTime() - keepMs)
    return {
      ok: false,
      issue: { field: 'ts', message: `Is older than the ${Math.round(keepMs / dayMs)} days that are kept.` },
    };
  return { ok: true, event: parsed.data, at };
}

/** What a sender put where a name belongs is not repeated to anybody, lest it be something personal. */
const named = ({ field, message }: FieldIssue): FieldIssue => ({
  field: field.split('.').every(part => /^[a-z_]{1,24}$/i.test(part)) ? field : '(field)',
  message,
});

/** The day of a partition, in UTC. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
