import { DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';

export const wrongCode = () =>
  invalid('mfa.code_wrong', 'The code is wrong or was used already. Wait for the next one.', [
    { field: 'code', message: 'Wrong, or used already.' },
  ]);
export const noSuchDevice = (id: string) => notFound('device', id);
export const notAPerson = () =>
  new DomainError('denied', 'mfa.not_a_person', 'Only a signed-in person has a second factor.');
