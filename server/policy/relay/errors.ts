import { conflict, DomainError, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchRelay = (id: string) => notFound('relay', id);

export const badToken = () =>
  new DomainError(
    'unauthenticated',
    'relay.token',
    'The join token is unknown, used up, revoked or expired. Make a new one on the page of relays.',
  );

export const badProof = (what: string) =>
  new DomainError('unauthenticated', 'relay.proof', `The join is not proved: ${what}`);

export const nameTaken = (id: string) =>
  conflict(
    'relay.name_taken',
    `A relay "${id}" with another key has joined already. Names are never reused.`,
  );

export const wrongState = (id: string, state: string) =>
  conflict('relay.state', `The relay "${id}" is ${state}; this cannot be done to it now.`);
