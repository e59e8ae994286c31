import { expect, it } from 'vitest';
import type { Expression } from '#server/kernel/approvals/expression.ts';
import { draftOf, expressionOf } from './expression-draft.ts';

it.each<Expression>([
  { role: 'approver', count: 2 },
  { users: ['ada', 'ben'], count: 1 },
  {
    all: [
      { role: 'admin', count: 1 },
      { users: ['ada'], count: 1 },
    ],
  },
  {
    any: [
      { role: 'admin', count: 1 },
      { role: 'approver', count: 2 },
    ],
  },
])('the form gives back what it was given: %o', expression => {
  const draft = draftOf(expression);
  expect(draft && expressionOf(draft)).toEqual(expression);
});

it('does not pretend to edit what is nested deeper', () => {
  expect(draftOf({ all: [{ any: [{ role: 'admin', count: 1 }] }] })).toBeNull();
});
