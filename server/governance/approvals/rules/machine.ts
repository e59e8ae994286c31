import type { Expression } from '#kernel/approvals/expression.ts';
import { concerns, satisfied, type Voter } from './quorum.ts';

export const approvalStates = [
  'pending',
  'approved',
  'released',
  'failed',
  'denied',
  'expired',
  'withdrawn',
  'voided',
] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** All that deciding about a request depends on. Times in milliseconds. */
export interface Case {
  state: ApprovalState;
  digest: string;
  expression: Expression;
  global: boolean;
  /** Kind and id, as `user:…`. */
  requester: string;
  /** Ids and names of people who may not decide: the requester and whoever has a part in it. */
  excluded: readonly string[];
  expiresAt: number;
  remindAt: number | null;
  escalateAt: number | null;
  releaseMs: number;
  releaseBy: number | null;
  breakGlass: boolean;
  lastAt: number;
  approvals: readonly { approver: string; authority: string }[];
}

export type Order =
  | { do: 'approve'; approver: Voter; authority: Voter; known: readonly Voter[] }
  | { do: 'deny'; approver: Voter; authority: Voter }
  | { do: 'break_glass'; by: Voter; named: readonly string[]; ttlMs: number; reviewOwed: boolean }
  | { do: 'withdraw'; by: string }
  | { do: 'void' }
  | { do: 'tick' }
  /** Before the effect: whether the approval still holds. */
  | { do: 'check'; digest: string; known: readonly Voter[] }
  /** Within the transaction of the effect. */
  | { do: 'spend'; digest: string }
  | { do: 'fail' };

export type Refusal =
  | 'settled'
  | 'expired'
  | 'excluded'
  | 'not_eligible'
  | 'already_given'
  | 'not_requester'
  | 'not_named'
  | 'review_owed'
  | 'changed'
  | 'revoked'
  | 'not_approved';

export type Effect = 'remind' | 'escalate' | 'expired' | 'counted' | 'approved' | 'denied' | 'settled';

export type Step = { ok: true; next: Case; effects: Effect[] } | { ok: false; why: Refusal };

const refuse = (why: Refusal): Step => ({ ok: false, why });

/**
 * The whole life of a request, without a clock of its own. Time never runs backwards for a request: the later of now
 * and what it has seen counts, so that a clock set back gives nobody a second chance.
 */
export function step(current: Case, order: Order, now: number): Step {
  const at = Math.max(now, current.lastAt);
  const to = (change: Partial<Case>, ...effects: Effect[]): Step => ({
    ok: true,
    next: { ...current, ...change, lastAt: at },
    effects,
  });
  const open = current.state === 'pending' || current.state === 'approved';
  const late =
    (current.state === 'pending' && at >= current.expiresAt) ||
    (current.state === 'approved' && current.releaseBy !== null && at >= current.releaseBy);
  switch (order.do) {
    case 'tick':
      return tick(current, at, open && late, to);
    case 'void':
      return open ? to({ state: 'voided' }, 'settled') : refuse('settled');
    case 'fail':
      return current.state === 'approved' ? to({ state: 'failed' }, 'settled') : refuse('not_approved');
    case 'withdraw':
      if (order.by !== current.requester) return refuse('not_requester');
      if (!open) return refuse('settled');
      return late ? refuse('expired') : to({ state: 'withdrawn' }, 'settled');
    case 'check':
    case 'spend':
      return release(current, order, late, to);
    case 'approve':
    case 'deny':
    case 'break_glass':
      if (current.state === 'expired') return refuse('expired');
      if (current.state !== 'pending') return refuse('settled');
      if (late) return refuse('expired');
      return order.do === 'break_glass' ? breakGlass(order, at, to) : decide(current, order, at, to);
  }
}

type To = (change: Partial<Case>, ...effects: Effect[]) => Step;

function tick(current: Case, at: number, late: boolean, to: To): Step {
  if (late) return to({ state: 'expired' }, 'expired');
  if (current.state !== 'pending') return to({});
  const escalate = current.escalateAt !== null && at >= current.escalateAt;
  const remind = current.remindAt !== null && at >= current.remindAt;
  return to(
    { ...(escalate ? { escalateAt: null } : {}), ...(remind ? { remindAt: null } : {}) },
    ...(escalate ? (['escalate'] as const) : []),
    ...(remind ? (['remind'] as const) : []),
  );
}

function release(
  current: Case,
  order: Extract<Order, { do: 'check' | 'spend' }>,
  late: boolean,
  to: To,
): Step {
  if (current.state !== 'approved') return refuse('not_approved');
  if (late) return refuse('expired');
  if (order.digest !== current.digest) return refuse('changed');
  if (order.do === 'spend') return to({ state: 'released' }, 'settled');
  const stands =
    current.breakGlass || satisfied(current.expression, authorities(current, order.known), current.global);
  return stands ? to({}) : refuse('revoked');
}

function breakGlass(order: Extract<Order, { do: 'break_glass' }>, at: number, to: To): Step {
  const { by, named } = order;
  if (!by.active || !(named.includes(by.id) || named.includes(by.name))) return refuse('not_named');
  if (order.reviewOwed) return refuse('review_owed');
  return to({ state: 'approved', breakGlass: true, releaseBy: at + order.ttlMs }, 'approved');
}

function decide(current: Case, order: Extract<Order, { do: 'approve' | 'deny' }>, at: number, to: To): Step {
  const why = mayNot(current, order.approver, order.authority);
  if (why) return refuse(why);
  if (order.do === 'deny') return to({ state: 'denied' }, 'denied');
  const approvals = [...current.approvals, { approver: order.approver.id, authority: order.authority.id }];
  const known = [...order.known, order.authority];
  const enough = satisfied(current.expression, authorities({ ...current, approvals }, known), current.global);
  return enough
    ? to({ approvals, state: 'approved', releaseBy: at + current.releaseMs }, 'approved')
    : to({ approvals }, 'counted');
}

/** Nobody decides on their own wish, nor twice, nor with an authority that spoke already. */
export function mayNot(
  current: Pick<Case, 'excluded' | 'expression' | 'approvals'>,
  approver: Voter,
  authority: Voter,
): Refusal | null {
  const out = (voter: Voter) => current.excluded.includes(voter.id) || current.excluded.includes(voter.name);
  if (out(approver) || out(authority)) return 'excluded';
  if (!approver.active || !concerns(current.expression, authority)) return 'not_eligible';
  const used = current.approvals.some(
    given =>
      [given.approver, given.authority].includes(approver.id) ||
      [given.approver, given.authority].includes(authority.id),
  );
  return used ? 'already_given' : null;
}

/** The authorities that agreed, with the roles they hold now: whoever lost a role does not count any more. */
export function authorities(current: Pick<Case, 'approvals'>, known: readonly Voter[]): Voter[] {
  const byId = new Map(known.map(voter => [voter.id, voter]));
  return current.approvals.flatMap(({ approver, authority }) => {
    const decider = byId.get(approver);
    const voter = byId.get(authority);
    return voter && decider?.active !== false ? [voter] : [];
  });
}
