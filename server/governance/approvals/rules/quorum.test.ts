import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Expression, expressionSchema } from '#kernel/approvals/expression.ts';
import { challengeOf, digestOf } from './digest.ts';
import { fits, inWordsOf, leavesOf, satisfied, type Voter } from './quorum.ts';

const roles = ['admin', 'approver', 'operator'] as const;
const voter = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  roles: fc.subarray([...roles]),
});
const voters = fc
  .uniqueArray(voter, { selector: v => v.id, maxLength: 5 })
  .map(list => list.map((v): Voter => ({ ...v, name: v.id, active: true })));
const leaf = fc.oneof(
  fc.record({ role: fc.constantFrom(...roles), count: fc.integer({ min: 1, max: 3 }) }),
  fc
    .subarray(['a', 'b', 'c', 'd', 'e'], { minLength: 1 })
    .chain(users =>
      fc.record({ users: fc.constant(users), count: fc.integer({ min: 1, max: users.length }) }),
    ),
) as fc.Arbitrary<Expression>;
const expressions: fc.Arbitrary<Expression> = fc.oneof(
  leaf,
  fc.array(leaf, { minLength: 1, maxLength: 3 }).map(all => ({ all })),
  fc.array(leaf, { minLength: 1, maxLength: 3 }).map(any => ({ any })),
);

/** Tries every way of putting people into places: slow, and plainly right. */
function bruteForce(expression: Expression, given: Voter[]): boolean {
  if ('any' in expression) return expression.any.some(part => bruteForce(part, given));
  const places = leavesOf(expression).flatMap(l => Array.from({ length: l.count }, () => l));
  const fill = (at: number, free: Voter[]): boolean => {
    const place = places[at];
    if (!place) return true;
    return free.some(
      v =>
        fits(place, v) &&
        fill(
          at + 1,
          free.filter(other => other !== v),
        ),
    );
  };
  return fill(0, given);
}

describe('a quorum', () => {
  it('is what trying every assignment finds', () => {
    fc.assert(
      fc.property(expressions, voters, (expression, given) => {
        expect(satisfied(expression, given, false)).toBe(bruteForce(expression, given));
      }),
      { numRuns: 500 },
    );
  });
  it('is never lost by one more agreement, nor reached by people who do not count', () => {
    fc.assert(
      fc.property(expressions, voters, fc.boolean(), (expression, given, global) => {
        if (!satisfied(expression, given, global)) return;
        const more: Voter = { id: 'z', name: 'z', roles: [...roles], active: true };
        expect(satisfied(expression, [...given, more], global)).toBe(true);
        expect(
          satisfied(
            expression,
            given.map(v => ({ ...v, active: false })),
            global,
          ),
        ).toBe(false);
      }),
    );
  });
  it('needs two people for what acts globally, and one person fills one place', () => {
    const both: Voter = { id: 'a', name: 'a', roles: ['admin', 'approver'], active: true };
    const other: Voter = { id: 'b', name: 'b', roles: ['approver'], active: true };
    const one: Expression = { role: 'approver', count: 1 };
    expect(satisfied(one, [both], false)).toBe(true);
    expect(satisfied(one, [both], true)).toBe(false);
    expect(satisfied(one, [both, other], true)).toBe(true);
    const two: Expression = { all: [{ role: 'admin', count: 1 }, one] };
    expect(satisfied(two, [both], false)).toBe(false);
    expect(satisfied(two, [both, other], false)).toBe(true);
    expect(inWordsOf(two, true)).toBe('1 administrator and 1 approver, two people at least');
  });
  it('refuses an expression nobody can fulfil or read', () => {
    for (const wrong of [
      { role: 'approver', count: 0 },
      { users: ['a'], count: 2 },
      { all: [] },
      { role: 'king', count: 1 },
    ])
      expect(expressionSchema.safeParse(wrong).success).toBe(false);
  });
});

describe('the digest', () => {
  const bound = {
    procedure: 'tenants.suspend',
    input: { id: 'acme', reason: 'unpaid' },
    scope: { tenantId: 'acme', target: { version: 3 } },
    policy: { id: 'tenant.suspend', version: 1 },
  };
  it('does not depend on the order of keys, and changes with every part', () => {
    const same = { ...bound, input: { reason: 'unpaid', id: 'acme' } };
    expect(digestOf(same)).toBe(digestOf(bound));
    const edits = [
      { ...bound, procedure: 'tenants.reinstate' },
      { ...bound, input: { ...bound.input, id: 'other' } },
      { ...bound, scope: { tenantId: 'acme', target: { version: 4 } } },
      { ...bound, policy: { id: 'tenant.suspend', version: 2 } },
    ].map(digestOf);
    expect(new Set([digestOf(bound), ...edits]).size).toBe(5);
  });
  it('is signed together with decision, nonce and expiry', () => {
    const nonce = Buffer.alloc(16, 1);
    const at = new Date('2026-01-01');
    const digest = digestOf(bound);
    const all = [
      challengeOf(digest, 'approve', nonce, at),
      challengeOf(digest, 'deny', nonce, at),
      challengeOf(digest, 'approve', Buffer.alloc(16, 2), at),
      challengeOf(digest, 'approve', nonce, new Date('2026-01-02')),
    ].map(bytes => bytes.toString('hex'));
    expect(new Set(all).size).toBe(4);
  });
});
