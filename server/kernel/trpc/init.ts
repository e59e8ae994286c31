import { initTRPC, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import type { Permission } from '../authz/permission.ts';
import { DomainError, invalid } from '../errors/domain-error.ts';
import { invalidFrom, type Problem, problemOf } from '../errors/problem.ts';
import type { RequestContext } from './context.ts';

export interface RestRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: `/${string}`;
  summary: string;
  /** Status of an accepted call; by default 200, for POST 201. A result `{status:'approval_required'}` is always 202, one
   * that says `created: false` 200. */
  success?: 200 | 201 | 202;
  tags?: string[];
}

/** `.meta({openapi})` on a procedure makes it answer on its system's port and under /api/v1. */
export interface ProcedureMeta {
  kind?: 'read' | 'command';
  permission?: Permission;
  audit?: string;
  /** Approval policies a command may fall under. */
  risk?: string[];
  /** It goes on while the ledger is not being signed. */
  protects?: true;
  openapi?: RestRoute;
}

export function asDomainError(error: unknown): DomainError | null {
  if (error instanceof DomainError) return error;
  // An answer that does not fit its own schema is our defect: the caller sent nothing wrong.
  if (error instanceof TRPCError && error.code === 'INTERNAL_SERVER_ERROR' && error.cause instanceof ZodError)
    return null;
  if (error instanceof ZodError) return invalidFrom(error);
  if (unstorable(error))
    return invalid('request.text', 'A text holds a character that cannot be stored, such as NUL.', [
      { field: '(text)', message: 'Holds a character that cannot be stored.' },
    ]);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause ? asDomainError(cause) : null;
}

interface FromPostgres {
  code?: unknown;
  originalCode?: unknown;
  /** Where Prisma keeps what the driver said. */
  meta?: { driverAdapterError?: { cause?: FromPostgres } };
}

/** Postgres holds every character but NUL; a text that its own field did not refuse is the caller's still. */
function unstorable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, originalCode, meta } = error as FromPostgres;
  return (
    [code, originalCode].some(found => found === '22021' || found === '22P05') ||
    unstorable(meta?.driverAdapterError?.cause)
  );
}

/** What tRPC itself refuses before a procedure is reached is the caller's doing and says so. */
function misreadOf(error: TRPCError, path: string | undefined, traceId: string | undefined): Problem | null {
  const said = {
    NOT_FOUND: [
      404,
      'not_found',
      'no_such_path',
      'Not found',
      `No procedure answers at ${path?.slice(0, 200)}.`,
    ],
    METHOD_NOT_SUPPORTED: [
      405,
      'invalid',
      'method',
      'Method not allowed',
      'Queries are asked with GET, mutations with POST.',
    ],
    UNSUPPORTED_MEDIA_TYPE: [
      415,
      'invalid',
      'content_type',
      'Unsupported content type',
      'Send the body as application/json.',
    ],
    BAD_REQUEST: [400, 'invalid', 'malformed', 'Invalid request', 'The request is not valid JSON.'],
    PARSE_ERROR: [400, 'invalid', 'malformed', 'Invalid request', 'The request is not valid JSON.'],
  } as const satisfies Partial<Record<TRPCError['code'], unknown>>;
  const found = error.code in said ? said[error.code as keyof typeof said] : null;
  if (!found) return null;
  const [status, kind, code, title, detail] = found;
  return {
    type: 'about:blank',
    title,
    status,
    detail,
    code: `request.${code}`,
    kind,
    ...(status === 400 ? { errors: [{ field: '(body)', message: 'Not valid JSON.' }] } : {}),
    ...(traceId ? { traceId } : {}),
  };
}

export const t = initTRPC
  .context<RequestContext>()
  .meta<ProcedureMeta>()
  .create({
    // Nothing internal leaves: the shape carries the problem document and no stack.
    errorFormatter: ({ shape, error, ctx }) => {
      const known = asDomainError(error);
      const problem: Problem = known
        ? problemOf(known, ctx?.request.traceId)
        : (misreadOf(error, shape.data.path, ctx?.request.traceId) ?? problemOf(error, ctx?.request.traceId));
      return {
        ...shape,
        message: problem.detail,
        data: { code: shape.data.code, httpStatus: problem.status, path: shape.data.path, problem },
      };
    },
    sse: { ping: { enabled: true, intervalMs: 5000 }, client: { reconnectAfterInactivityMs: 15_000 } },
  });

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;
