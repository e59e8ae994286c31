import { DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchEvidence = (id: string) => notFound('policy', id);
export const badInstant = () =>
  invalid('portal.instant', 'id: a policy, or @ and an instant such as @2026-01-31T12:00:00Z.', [
    { field: 'id', message: 'A policy, or @ and an instant such as @2026-01-31T12:00:00Z.' },
  ]);
export const nothingActive = () =>
  new DomainError('not_found', 'portal.nothing_active', 'No policy was active there at that instant.');
