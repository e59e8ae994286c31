import { messageOf, problemIn } from '../live/problem.ts';

/** The server's message for one field of a form. */
export const fieldMessage = (error: unknown, field: string): string | undefined =>
  problemIn(error)?.errors?.find(issue => issue.field === field)?.message;

/** What belongs under the form as a whole: everything that the fields do not say already. */
export function formMessage(error: unknown, fields: readonly string[]): string | undefined {
  if (!error) return undefined;
  const issues = problemIn(error)?.errors ?? [];
  return issues.length > 0 && issues.every(issue => fields.includes(issue.field))
    ? undefined
    : messageOf(error);
}
