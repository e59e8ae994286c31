import { DomainError } from '../../errors/domain-error.ts';
import { type Problem, problemOf } from '../../errors/problem.ts';

export interface RestResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const common = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

export const json = (status: number, body: unknown): RestResponse => ({
  status,
  headers: { ...common, 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body ?? null),
});

export function problem(of: Problem, extra: Record<string, string> = {}): RestResponse {
  const headers: Record<string, string> = {
    ...common,
    'content-type': 'application/problem+json; charset=utf-8',
    ...extra,
  };
  if (of.status === 401) headers['www-authenticate'] = of.kind === 'step_up' ? stepUpChallenge(of) : 'Bearer';
  if (typeof of.retryAfter === 'number') headers['retry-after'] = String(of.retryAfter);
  return { status: of.status, headers, body: JSON.stringify(of) };
}

/** RFC 9470: what kind of authentication would do, and how fresh it has to be. */
function stepUpChallenge({ acrValues, maxAge }: Problem): string {
  const wanted = [
    'error="insufficient_user_authentication"',
    ...(Array.isArray(acrValues) ? [`acr_values="${acrValues.join(' ')}"`] : []),
    ...(typeof maxAge === 'number' ? [`max_age="${maxAge}"`] : []),
  ];
  return `Bearer ${wanted.join(', ')}`;
}

/** An outcome of HTTP itself that the table of error kinds has no status for. */
export class HttpRefusal extends DomainError {
  readonly status: number;
  readonly title: string;
  readonly headers: Record<string, string>;
  constructor(
    status: number,
    title: string,
    code: string,
    message: string,
    headers: Record<string, string> = {},
  ) {
    super('invalid', `request.${code}`, message);
    this.status = status;
    this.title = title;
    this.headers = headers;
  }
}

export function refusal(error: unknown, traceId?: string): RestResponse {
  const of = problemOf(error, traceId);
  return error instanceof HttpRefusal
    ? problem({ ...of, status: error.status, title: error.title }, error.headers)
    : problem(of);
}
