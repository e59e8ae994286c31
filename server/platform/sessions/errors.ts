import { conflict, DomainError, notFound } from '#kernel/errors/domain-error.ts';

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
export const noProvider = () =>
  new DomainError('unprocessable', 'oidc.not_configured', 'No provider is connected to this console.');
export const visitUnknown = () =>
  new DomainError(
    'unauthenticated',
    'oidc.state_unknown',
    'This answer belongs to no sign-in that waits for one. Start again.',
  );
export const otherBrowser = () =>
  new DomainError('unauthenticated', 'oidc.other_browser', 'This sign-in was begun in another browser.');
export const visitTooLate = () =>
  new DomainError('unauthenticated', 'oidc.too_late', 'That took too long. Start again.');
export const providerDeclined = () =>
  new DomainError('unauthenticated', 'oidc.declined', 'The provider did not sign you in.');
export const notAdmitted = () =>
  new DomainError(
    'denied',
    'oidc.not_admitted',
    'Your account at the provider may not sign in here. Ask whoever runs this console.',
  );
export const accountClosed = () =>
  new DomainError('denied', 'oidc.account_closed', 'Your account here is suspended.');
export const linkedElsewhere = () =>
  conflict('oidc.linked_elsewhere', 'That account at the provider opens another account here already.');
export const linkLost = () =>
  new DomainError(
    'unauthenticated',
    'oidc.link_lost',
    'You are not signed in any more as whoever wanted to connect the account.',
  );
export const onlyWayIn = () =>
  conflict(
    'oidc.only_way_in',
    'The provider is your only way to sign in. An administrator can give you a password first.',
  );
