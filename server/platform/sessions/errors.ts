import { DomainError, notFound } from '#kernel/errors/domain-error.ts';

/** One answer for a wrong name, a wrong password, a locked or a suspended account. */
export const signInFailed = () =>
  new DomainError(
    'unauthenticated',
    'session.failed',
    'Name or password is wrong, or the account is locked for a while.',
  );
export const codeNeeded = () =>
  new DomainError(
    'step_up',
    'session.code_needed',
    'Enter the code of your authenticator, or a recovery code.',
    { acrValues: ['mfa'] },
  );
export const codeWrong = () =>
  new DomainError(
    'unauthenticated',
    'session.code_wrong',
    'The code is wrong or was used already. Wait for the next one.',
  );
/** One answer for an unknown passkey, a wrong answer and a closed account. */
export const passkeyFailed = () =>
  new DomainError(
    'unauthenticated',
    'session.passkey_failed',
    'This passkey opens no account here. Use another one, or sign in with your password.',
  );
export const noSuchSession = (id: string) => notFound('session', id);
