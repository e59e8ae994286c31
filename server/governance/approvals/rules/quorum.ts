import type { Expression } from '#kernel/approvals/expression.ts';

/** Somebody whose word may count, as the database knows them now. */
export interface Voter {
  id: string;
  name: string;
  roles: readonly string[];
  active: boolean;
}

type Leaf = Extract<Expression, { count: number }>;

const isLeaf = (expression: Expression): expression is Leaf => 'count' in expression;

export const leavesOf = (expression: Expression): Leaf[] =>
  isLeaf(expression)
    ? [expression]
    : ('all' in expression ? expression.all : expression.any).flatMap(leavesOf);

export const fits = (leaf: Leaf, voter: Voter): boolean =>
  'role' in leaf
    ? voter.roles.includes(leaf.role)
    : leaf.users.includes(voter.name) || leaf.users.includes(voter.id);

export const concerns = (expression: Expression, voter: Voter): boolean =>
  voter.active && leavesOf(expression).some(leaf => fits(leaf, voter));

/** The ways to fulfil it: each a list of groups that must all be filled. */
function waysOf(expression: Expression): Leaf[][] {
  if (isLeaf(expression)) return [[expression]];
  if ('any' in expression) return expression.any.flatMap(waysOf);
  return expression.all
    .map(waysOf)
    .reduce<Leaf[][]>((ways, more) => ways.flatMap(way => more.map(next => [...way, ...next])), [[]]);
}

/**
 * Separation of duty: one person fills one place, also where they belong to several groups. A maximum matching finds
 * whether there is an assignment that fills every place.
 */
function filled(way: Leaf[], voters: readonly Voter[]): boolean {
  const places = way.flatMap(leaf => Array.from({ length: leaf.count }, () => leaf));
  const taken = new Map<number, number>();
  const place = (voter: number, seen: Set<number>): boolean =>
    places.some((leaf, at) => {
      const who = voters[voter];
      if (seen.has(at) || !who || !fits(leaf, who)) return false;
      seen.add(at);
      const before = taken.get(at);
      if (before !== undefined && !place(before, seen)) return false;
      taken.set(at, voter);
      return true;
    });
  let found = 0;
  for (let voter = 0; voter < voters.length; voter++) if (place(voter, new Set())) found += 1;
  return found === places.length;
}

/** Whether these people's agreement is enough. What acts globally needs two, whatever the expression says. */
export function satisfied(expression: Expression, given: readonly Voter[], global: boolean): boolean {
  const voters = given.filter(voter => concerns(expression, voter));
  if (global && new Set(voters.map(voter => voter.id)).size < 2) return false;
  return waysOf(expression).some(way => filled(way, voters));
}

const plural: Record<string, string> = {
  admin: 'administrators',
  operator: 'operators',
  approver: 'approvers',
  auditor: 'auditors',
  service: 'services',
};
const single: Record<string, string> = {
  admin: 'administrator',
  operator: 'operator',
  approver: 'approver',
  auditor: 'auditor',
  service: 'service',
};

const inWords = (leaf: Leaf): string =>
  'role' in leaf
    ? `${leaf.count} ${(leaf.count === 1 ? single : plural)[leaf.role] ?? leaf.role}`
    : leaf.users.length === 1
      ? (leaf.users[0] ?? '')
      : `${leaf.count} of ${leaf.users.join(', ')}`;

export function inWordsOf(expression: Expression, global = false): string {
  const say = (part: Expression, nested: boolean): string => {
    if (isLeaf(part)) return inWords(part);
    const parts = ('all' in part ? part.all : part.any).map(inner => say(inner, true));
    const joined = parts.join('all' in part ? ' and ' : ' or ');
    return nested && parts.length > 1 ? `(${joined})` : joined;
  };
  return say(expression, false) + (global ? ', two people at least' : '');
}

export interface Group {
  label: string;
  need: number;
  have: number;
}

/** How far each group is, for people to read; `satisfied` alone decides. */
export const groupsOf = (expression: Expression, given: readonly Voter[]): Group[] =>
  leavesOf(expression).map(leaf => ({
    label: inWords(leaf),
    need: leaf.count,
    have: Math.min(leaf.count, given.filter(voter => voter.active && fits(leaf, voter)).length),
  }));
