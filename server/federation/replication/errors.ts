import { conflict, DomainError, notFound } from '#kernel/errors/domain-error.ts';
import type { Check } from './schema.ts';

export const noSuchStream = (id: string) => notFound('stream', id);

export const streamTaken = (id: string) =>
  new DomainError('conflict', 'stream.taken', `There is a stream "${id}" already. Names are never reused.`, {
    issues: [{ field: 'id', message: 'This name is taken.' }],
  });

export const preflightFailed = (checks: readonly Check[]) =>
  new DomainError(
    'unprocessable',
    'stream.preflight',
    `Preflight found ${checks.length === 1 ? 'one thing' : `${checks.length} things`} to mend first: ${checks
      .slice(0, 3)
      .map(c => `${c.title.toLowerCase()}${c.table ? ` (${c.table})` : ''}: ${c.found}`)
      .join('; ')}.`,
    { checks },
  );

export const notAllowed = (id: string, reasons: readonly string[]) =>
  new DomainError(
    'unprocessable',
    'stream.not_allowed',
    `The stream "${id}" may not run: ${reasons.join('; ')}. Change what forbids it, or retire the stream.`,
    { reasons: [...reasons] },
  );

export const mixedRegions = (publisher: string, subscriber: string) =>
  new DomainError(
    'unprocessable',
    'stream.mixed',
    `One of ${publisher} and ${subscriber} has a real database and the other is simulated: nothing can flow between them.`,
  );

export const wrongState = (id: string, state: string, wanted: string) =>
  conflict('stream.state', `The stream "${id}" is ${state}; ${wanted}.`);

export const notInStream = (id: string, table: string) =>
  new DomainError('unprocessable', 'stream.table', `The stream "${id}" does not carry ${table}.`);

/** A failover that was to lose nothing stops here. */
export const notWhole = (id: string, open: string) =>
  conflict(
    'stream.not_whole',
    `The mirror of the stream "${id}" does not have everything any more, so it was not cut: ${open}.`,
  );
