import type { Expression } from '#server/kernel/approvals/expression.ts';

export interface Group {
  /** A role, or names by comma. */
  who: string;
  count: string;
}
export interface Draft {
  join: 'all' | 'any';
  groups: Group[];
}

const roles = ['admin', 'operator', 'approver', 'auditor', 'service'] as const;

const groupOf = (leaf: Expression): Group | null =>
  'role' in leaf
    ? { who: leaf.role, count: String(leaf.count) }
    : 'users' in leaf
      ? { who: leaf.users.join(', '), count: String(leaf.count) }
      : null;

/** A flat list of groups joined by AND or OR; null where the expression is nested deeper than the form shows. */
export function draftOf(expression: Expression): Draft | null {
  const join = 'any' in expression ? 'any' : 'all';
  const leaves = 'all' in expression ? expression.all : 'any' in expression ? expression.any : [expression];
  const groups = leaves.map(groupOf);
  return groups.some(group => group === null)
    ? null
    : { join, groups: groups.filter(group => group !== null) };
}

export function expressionOf({ join, groups }: Draft): Expression {
  const leaves = groups.map(({ who, count }): Expression => {
    const role = roles.find(name => name === who.trim().toLowerCase());
    const users = who
      .split(/[\s,]+/)
      .map(name => name.trim().toLowerCase())
      .filter(Boolean);
    return role ? { role, count: Number(count) } : { users, count: Number(count) };
  });
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  return join === 'any' ? { any: leaves } : { all: leaves };
}
