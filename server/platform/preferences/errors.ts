import { DomainError } from '#kernel/errors/domain-error.ts';

export const peopleOnly = () =>
  new DomainError('denied', 'preferences.people_only', 'Only a signed-in person has preferences.');
