import { DomainError, invalid } from '#kernel/errors/domain-error.ts';

export const noSuchEntry = (id: string) =>
  new DomainError(
    'not_found',
    'audit.not_found',
    `No ledger entry has the id, number or reference "${id.slice(0, 80)}", or it is not visible to you.`,
  );

export const badRange = () =>
  invalid('audit.range', 'to: must be later than from.', [
    { field: 'to', message: 'Must be later than from.' },
  ]);

export const tooMany = (found: string, most: number, format: string) =>
  new DomainError(
    'invalid',
    'audit.export_too_large',
    `${found} entries match; a ${format} export holds at most ${most.toLocaleString('en')}. Narrow the time or the filters and take several.`,
  );

export const nothingSealed = () =>
  new DomainError(
    'unavailable',
    'audit.nothing_sealed',
    'The ledger has no signed checkpoint yet. Try again in a second.',
  );
