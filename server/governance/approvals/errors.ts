import { conflict, DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';
import type { Refusal } from './rules/machine.ts';

export const noSuchApproval = (id: string) => notFound('approval', id);
export const noSuchSubject = (id: string) => notFound('execution', id);

const refusals: Record<Refusal, [kind: 'conflict' | 'denied', message: string]> = {
  settled: ['conflict', 'This request is settled already. Nothing was changed by your answer.'],
  expired: ['conflict', 'This request has expired, which counts as denied. It has to be asked for again.'],
  excluded: ['denied', 'You asked for this, or have a part in it: somebody else has to decide.'],
  not_eligible: ['denied', 'You are not among those who can decide this.'],
  already_given: [
    'conflict',
    'Your answer, or the one you would give for somebody else, is counted already.',
  ],
  not_requester: ['denied', 'Only whoever asked can withdraw it.'],
  not_named: ['denied', 'You are not among those who may break the glass here.'],
  review_owed: [
    'conflict',
    'An earlier break-glass use has not been reviewed yet. It has to be reviewed before the next one.',
  ],
  changed: ['conflict', 'What would run is not what was approved any more: the approval is void.'],
  revoked: ['conflict', 'Somebody who approved may not decide any more: the approval is void.'],
  not_approved: ['conflict', 'This request is not approved.'],
};

export const refused = (why: Refusal) => {
  const [kind, message] = refusals[why];
  return new DomainError(kind, `approval.${why}`, message);
};
export const whyNotInWords = (why: Refusal): string => refusals[why][1];

export const challengeGone = () =>
  conflict('approval.challenge_gone', 'That took too long, or was answered already. Start again.');
export const reasonNeeded = () =>
  invalid('approval.reason_needed', 'Say why, in a few words.', [
    { field: 'reason', message: 'Say why, in a few words.' },
  ]);
export const badToken = () =>
  new DomainError(
    'unauthenticated',
    'approval.token',
    'The decision token is missing, forged, expired, or made for somebody else.',
  );
export const tokenReplayed = () =>
  conflict('approval.token_spent', 'This decision token was handed in already. It counts once.');
export const noSuchApprover = (name: string) =>
  new DomainError(
    'unprocessable',
    'approval.approver_unknown',
    `"${name}" cannot decide this: nobody of that name, or not among those who may.`,
    { issues: [{ field: 'approver', message: 'Cannot decide this.' }] },
  );
export const notNeeded = () =>
  new DomainError('unprocessable', 'approval.not_needed', 'This needs no approval.');
export const noSuchPolicy = (id: string) => notFound('approval_policy', id);
export const stalePolicy = () =>
  conflict('approval.policy_stale', 'Somebody changed this policy meanwhile. Look at it again.');
export const unknownPeople = (names: string[]) =>
  invalid('approval.people_unknown', `Nobody is called ${names.join(', ')}.`, [
    { field: 'terms', message: `Nobody is called ${names.join(', ')}.` },
  ]);
export const badDelegation = (message: string, field: string) =>
  invalid('approval.delegation', message, [{ field, message }]);
export const noSuchDelegation = (id: string) => notFound('delegation', id);
export const noSuchReview = (id: string) => notFound('review', id);
export const notYourReview = () =>
  new DomainError(
    'denied',
    'approval.own_review',
    'Whoever broke the glass, or asked for what ran, cannot review it.',
  );
