import { DomainError, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchTenant = (id: string) => notFound('tenant', id);

/** Nothing of the request was taken: the sender keeps it and tries again. */
export const busy = (retryAfter: number) =>
  new DomainError(
    'rate_limited',
    'ingest.busy',
    `More events are waiting to be written than may wait. Nothing of this request was taken; send it again in ${retryAfter} s.`,
    { retryAfter },
  );

export const closing = () =>
  new DomainError('unavailable', 'ingest.closing', 'This process is ending. Send it again.', {
    retryAfter: 1,
  });
