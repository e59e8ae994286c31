import { conflict, DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchUser = (id: string) => notFound('user', id);
export const nameTaken = (name: string) =>
  new DomainError('conflict', 'user.name_taken', `The name "${name}" is taken.`, {
    issues: [{ field: 'name', message: 'This name is taken.' }],
  });
export const lastAdmin = () =>
  conflict(
    'user.last_admin',
    'This is the last active administrator. Make somebody else an administrator first.',
  );
export const staleUser = () =>
  conflict('user.stale', 'Somebody changed this user meanwhile. Look again and apply your change.');
export const wrongPassword = () =>
  invalid('user.wrong_password', 'The current password is not right.', [
    { field: 'currentPassword', message: 'Not right.' },
  ]);
export const alreadyState = (state: string) => conflict('user.state', `The user is already ${state}.`);
export const subjectTaken = () =>
  conflict('user.subject_taken', 'This account at the provider opens another account already.');
