import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import type { ZodError } from 'zod';
import { DomainError, type ErrorKind, type FieldIssue } from './domain-error.ts';

/** The one table that maps an outcome to a wire status. */
const wire: Record<ErrorKind, { status: number; trpc: TRPC_ERROR_CODE_KEY; title: string }> = {
  unauthenticated: { status: 401, trpc: 'UNAUTHORIZED', title: 'Sign in first' },
  not_found: { status: 404, trpc: 'NOT_FOUND', title: 'Not found' },
  conflict: { status: 409, trpc: 'CONFLICT', title: 'Conflict' },
  denied: { status: 403, trpc: 'FORBIDDEN', title: 'Not permitted' },
  step_up: { status: 401, trpc: 'UNAUTHORIZED', title: 'A second factor is needed' },
  invalid: { status: 400, trpc: 'BAD_REQUEST', title: 'Invalid request' },
  unprocessable: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', title: 'Refused after checking' },
  rate_limited: { status: 429, trpc: 'TOO_MANY_REQUESTS', title: 'Too many requests' },
  too_large: { status: 413, trpc: 'PAYLOAD_TOO_LARGE', title: 'Request too large' },
  unavailable: { status: 503, trpc: 'SERVICE_UNAVAILABLE', title: 'Not available now' },
};

export const trpcCodeOf = (kind: ErrorKind) => wire[kind].trpc;

/** RFC 9457. Never carries a stack, SQL or an internal message. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  kind: ErrorKind | 'internal';
  errors?: FieldIssue[];
  traceId?: string;
  [extra: string]: unknown;
}

export function problemOf(error: unknown, traceId?: string): Problem {
  const known = error instanceof DomainError ? error : null;
  if (!known) {
    return {
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      detail: 'Something went wrong on our side. Nothing was changed; the trace id finds it in the log.',
      code: 'internal',
      kind: 'internal',
      ...(traceId ? { traceId } : {}),
    };
  }
  const { issues, ...extra } = known.details;
  return {
    type: 'about:blank',
    title: wire[known.kind].title,
    status: wire[known.kind].status,
    detail: known.message,
    code: known.code,
    kind: known.kind,
    ...(issues?.length ? { errors: issues } : {}),
    ...(known.kind === 'step_up' ? { error: 'insufficient_user_authentication' } : {}), // RFC 9470
    ...extra,
    ...(traceId ? { traceId } : {}),
  };
}

export const issuesOf = (error: ZodError): FieldIssue[] =>
  error.issues.flatMap(issue => {
    const at = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(key => ({ field: at ? `${at}.${key}` : key, message: 'Unknown field.' }));
    return [{ field: at || '(body)', message: issue.message }];
  });

export function invalidFrom(error: ZodError): DomainError {
  const issues = issuesOf(error);
  const first = issues[0];
  return new DomainError(
    'invalid',
    'request.invalid',
    first ? `${first.field}: ${first.message}` : 'The request does not have the expected shape.',
    { issues },
  );
}
