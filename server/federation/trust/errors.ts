import { conflict, DomainError, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchMember = (id: string) => notFound('member', id);

const joinWords = {
  token: 'The federation token is unknown, used up or expired. Ask for another invitation.',
  proof: 'The join is not signed by the keys of the bundle it brings.',
  other_domain: 'The invitation is for another trust domain.',
  other_token: 'The signature is good for another invitation.',
  old: 'The join was signed more than five minutes ago, or the clocks differ.',
  signatures: 'The federation asks for more kinds of signature.',
  self: 'This is our own trust domain.',
  bundle: 'The bundle that came with it cannot be used.',
  taken: 'The bundle names a key that belongs to this installation, or to a member that is or was here.',
  known: 'This trust domain is a member already, or was one. Names are never reused.',
} as const;
export type JoinRefusal = keyof typeof joinWords;

export function joinRefused(reason: JoinRefusal, more = ''): DomainError {
  const kind = reason === 'token' ? 'unauthenticated' : reason === 'known' ? 'conflict' : 'unprocessable';
  return new DomainError(
    kind,
    `federation.join_${reason}`,
    [joinWords[reason], more].filter(Boolean).join(' '),
    {
      reason,
    },
  );
}

export const notAnswered = (why: string) =>
  new DomainError(
    'unprocessable',
    'federation.answer',
    `The answer of whoever invited does not hold: ${why}`,
  );

export const wrongState = (id: string, state: string) =>
  conflict('federation.state', `The member "${id}" is ${state}; this cannot be done to it now.`);

export const staleRules = (version: number) =>
  conflict(
    'federation.rules_version',
    `The rules are at version ${version} by now. Look at them again first.`,
  );
