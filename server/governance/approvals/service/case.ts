import type { Case } from '../rules/machine.ts';
import type { RequestRow } from '../store/requests.ts';

const ms = (at: string | null) => (at === null ? null : Date.parse(at));

/** What the rules look at, of what is stored. */
export const caseOf = (row: RequestRow): Case => ({
  state: row.state,
  digest: row.digest,
  expression: row.terms.expression,
  global: row.scope.global === true,
  requester: `${row.requesterKind}:${row.requesterId}`,
  excluded: row.excluded,
  expiresAt: Date.parse(row.expiresAt),
  remindAt: ms(row.remindAt),
  escalateAt: ms(row.escalateAt),
  releaseMs: row.terms.releaseMinutes * 60_000,
  releaseBy: ms(row.releaseBy),
  breakGlass: row.breakGlass,
  lastAt: Date.parse(row.lastAt),
  approvals: row.decisions
    .filter(given => given.decision === 'approve')
    .map(given => ({ approver: given.approverId, authority: given.authorityId })),
});

/** Everybody whose present roles decide whether what was given still counts. */
export const idsIn = (row: RequestRow): string[] =>
  row.decisions.flatMap(given => [given.approverId, given.authorityId]);

/** When something is next due; the end always is. */
export function nextDue(current: Case): Date {
  const times = [
    current.state === 'approved' ? (current.releaseBy ?? current.expiresAt) : current.expiresAt,
    ...(current.state === 'pending' ? [current.remindAt, current.escalateAt] : []),
  ].filter(at => at !== null);
  return new Date(Math.min(...times));
}
