import { conflict, DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';
import { type AssertionRefusal, acrValuesOf } from './rules.ts';
import type { FactorMethod } from './schema.ts';

export const wrongCode = () =>
  invalid('mfa.code_wrong', 'The code is wrong or was used already. Wait for the next one.', [
    { field: 'code', message: 'Wrong, or used already.' },
  ]);
export const noSuchDevice = (id: string) => notFound('device', id);
export const noSuchPasskey = (id: string) => notFound('passkey', id);
export const notAPerson = () =>
  new DomainError('denied', 'mfa.not_a_person', 'Only a signed-in person has a second factor.');

const passkeyRefusals: Record<AssertionRefusal | 'signature' | 'replayed' | 'unknown', [string, string]> = {
  malformed: ['mfa.proof_malformed', 'What the browser sent is not the answer of a passkey. Try again.'],
  challenge: [
    'mfa.challenge_differs',
    'This passkey answered another question than the one asked now. Start again.',
  ],
  origin: [
    'mfa.origin_wrong',
    'The passkey was asked by a page of another address. Open the console at its own.',
  ],
  relying_party: ['mfa.relying_party_wrong', 'This passkey belongs to another site.'],
  unverified: [
    'mfa.user_unverified',
    'The authenticator did not check that it is you. Unlock it with its PIN, finger or face.',
  ],
  signature: ['mfa.signature_wrong', 'The signature of the passkey does not hold.'],
  replayed: ['mfa.proof_replayed', 'This answer of the passkey was used already. Start again.'],
  unknown: ['mfa.passkey_unknown', 'This passkey is not enrolled, or was removed.'],
};
export type PasskeyRefusal = keyof typeof passkeyRefusals;
export const passkeyRefused = (why: PasskeyRefusal) => {
  const [code, message] = passkeyRefusals[why];
  return new DomainError('denied', code, message);
};
export const passkeySuspected = () =>
  new DomainError(
    'denied',
    'mfa.passkey_suspected',
    'This passkey may have been copied: its counter ran backwards. It is refused from now on. Use another factor, then remove it.',
  );
export const challengeGone = () =>
  conflict('mfa.challenge_gone', 'That took too long, or was answered already. Start again.');
export const passkeysImpossible = (why: string) =>
  new DomainError('unprocessable', 'mfa.passkeys_impossible', why);
export const passkeyUnusable = () =>
  new DomainError(
    'unprocessable',
    'mfa.passkey_refused',
    'The passkey could not be verified. Nothing was kept.',
  );
export const passkeyKnown = () => conflict('mfa.passkey_known', 'This passkey is enrolled already.');
export const factorLocked = (seconds: number) =>
  new DomainError(
    'rate_limited',
    'mfa.locked',
    `Too many wrong codes. Second factors are refused for ${seconds} s.`,
    { retryAfter: seconds },
  );
export const accountClosed = () =>
  new DomainError('denied', 'mfa.account_closed', 'This account may not act now.');
export const methodNotEnough = (enough: readonly FactorMethod[]) =>
  new DomainError(
    'step_up',
    'mfa.method_not_enough',
    enough.length === 1 && enough[0] === 'passkey'
      ? 'This needs a passkey; a code is not enough.'
      : `This needs one of: ${enough.join(', ')}.`,
    { acrValues: acrValuesOf(enough), maxAge: 0 },
  );
export const passwordNeeded = () =>
  invalid('mfa.password_needed', 'Your first second factor needs your password again.', [
    { field: 'currentPassword', message: 'Give your password.' },
  ]);
export const freshSignInNeeded = () =>
  new DomainError(
    'denied',
    'mfa.sign_in_again',
    'Your first second factor needs a fresh sign-in. Sign out, sign in again with your provider, and enrol within ten minutes.',
  );
export const noSuchHolder = (id: string) => notFound('user', id);
export const notYourOwn = () =>
  conflict(
    'mfa.not_your_own',
    'Your own factors are under Settings, Security. Another administrator can reset them.',
  );
export const lastFactor = () =>
  conflict(
    'mfa.last_factor',
    'This is your last factor, and no recovery code is left. Enrol another one or make new recovery codes first.',
  );
