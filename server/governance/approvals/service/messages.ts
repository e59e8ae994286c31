import type { JobRequest } from '#kernel/ledger/event.ts';
import { notificationJob, retireJob } from '#server/platform/notifications/request.ts';
import { inWordsOf, leavesOf } from '../rules/quorum.ts';
import type { RequestRow } from '../store/requests.ts';

type Told = Pick<
  RequestRow,
  | 'id'
  | 'title'
  | 'terms'
  | 'scope'
  | 'asked'
  | 'requesterKind'
  | 'requesterId'
  | 'expiresAt'
  | 'digest'
  | 'shown'
>;

const group = (id: string) => `approval:${id}`;
const linkTo = (id: string) => `/approvals/${id}`;
const short = (text: string, length = 200) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** Roles by name; people are told by id, so that names are looked up by whoever sends. */
function audience(row: Told, more: string[] = []): { users?: string[]; roles?: string[] } {
  const leaves = leavesOf(row.terms.expression);
  const known = ['admin', 'operator', 'approver', 'auditor', 'service'];
  const roles = new Set([
    ...leaves.flatMap(leaf => ('role' in leaf ? [leaf.role as string] : [])),
    ...more.filter(name => known.includes(name)),
  ]);
  const users = new Set([
    ...leaves.flatMap(leaf => ('users' in leaf ? leaf.users : [])),
    ...row.asked,
    ...more.filter(name => !known.includes(name)),
  ]);
  return {
    ...(users.size > 0 ? { users: [...users] } : {}),
    ...(roles.size > 0 ? { roles: [...roles] } : {}),
  };
}

const lines = (row: Told) => [
  { label: 'Touches', value: short(row.shown.blast, 500) },
  {
    label: 'Risk',
    value: row.shown.risk ? `${row.shown.risk.before} → ${row.shown.risk.after}` : 'not estimated',
  },
  { label: 'Needs', value: inWordsOf(row.terms.expression, row.scope.global === true) },
  { label: 'Digest', value: `${row.digest.slice(0, 12)}…` },
];

export const askMessage = (row: Told): JobRequest =>
  notificationJob({
    groupKey: group(row.id),
    kind: 'approval',
    severity: 'warning',
    title: short(row.title),
    lines: lines(row),
    link: linkTo(row.id),
    expiresAt: new Date(row.expiresAt).toISOString(),
    to: audience(row),
  });

export const reminder = (row: Told, escalated: boolean): JobRequest =>
  notificationJob({
    groupKey: group(row.id),
    kind: 'approval',
    severity: escalated ? 'critical' : 'warning',
    title: short(`${escalated ? 'Escalated' : 'Still waiting'}: ${row.title}`),
    lines: lines(row),
    link: linkTo(row.id),
    expiresAt: new Date(row.expiresAt).toISOString(),
    to: audience(row, escalated ? row.terms.escalateTo : []),
  });

/** The requester hears of every transition; a service or the simulation has nobody to tell. */
export const tellRequester = (row: Told, said: string): JobRequest[] =>
  row.requesterKind === 'user'
    ? [
        notificationJob({
          groupKey: `${group(row.id)}:requester`,
          kind: 'approval',
          severity: 'info',
          title: short(`${said}: ${row.title}`),
          lines: [{ label: 'State', value: said }],
          link: linkTo(row.id),
          to: { users: [row.requesterId] },
        }),
      ]
    : [];

export const glassMessage = (row: Told): JobRequest =>
  notificationJob({
    groupKey: `${group(row.id)}:glass`,
    kind: 'security',
    severity: 'critical',
    title: short(`Glass broken: ${row.title}`),
    lines: [{ label: 'Review', value: 'Owed before the next use' }],
    link: linkTo(row.id),
    to: { roles: ['admin', 'approver'] },
  });

export const retired = (row: Told, outcome: 'decided' | 'expired' | 'withdrawn'): JobRequest =>
  retireJob(group(row.id), outcome);
