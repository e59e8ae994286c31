import { conflict, DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';
import type { LineFault } from './rules/focus.ts';

export const noSuchBudget = (id: string) => notFound('budget', id);

/** Half a bill is a wrong bill: one bad line keeps all of it out, and every bad line is named. */
export const badFile = (faults: readonly LineFault[]) =>
  invalid(
    'cost.file',
    `Nothing was brought in. Line ${faults[0]?.line}: ${faults[0]?.message}`,
    faults.map(f => ({ field: `line ${f.line}${f.column ? `, ${f.column}` : ''}`, message: f.message })),
  );

export const tooShort = (days: number, least: number) =>
  new DomainError(
    'unprocessable',
    'cost.too_short',
    `There are ${days} days of charges; a forecast that can be judged needs ${least}.`,
    { days, least },
  );

export const staleBudget = () =>
  conflict('cost.stale', 'Somebody changed this budget meanwhile. Look at it and apply your change again.');

export const costSourceAway = (why: string) =>
  new DomainError(
    'unavailable',
    'cost.source',
    `Prometheus did not say how services use what they have: ${why}`,
  );

export const otherCurrency = (known: readonly string[], given: string) =>
  invalid(
    'cost.currency',
    `The charges of this tenant are in ${known.join(', ')}; a budget in ${given} could not be compared.`,
    [{ field: 'currency', message: `Use ${known.join(' or ')}.` }],
  );
