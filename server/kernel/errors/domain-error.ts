export const errorKinds = [
  'unauthenticated',
  'not_found',
  'conflict',
  'denied',
  'step_up',
  'invalid',
  'unprocessable',
  'rate_limited',
  'too_large',
  'unavailable',
] as const;
export type ErrorKind = (typeof errorKinds)[number];

export interface FieldIssue {
  field: string;
  message: string;
}

export interface ErrorDetails {
  /** Which input fields are wrong, by dotted path. */
  issues?: FieldIssue[];
  /** Seconds after which a retry makes sense. */
  retryAfter?: number;
  /** What would satisfy a `step_up` (RFC 9470). */
  acrValues?: string[];
  maxAge?: number;
  [key: string]: unknown;
}

/**
 * An outcome the caller must hear about. The message says what was wrong, where, and what to do; `code` is
 * stable and namespaced by system (`tenant.slug_taken`).
 */
export class DomainError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: ErrorDetails;
  constructor(kind: ErrorKind, code: string, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DomainError';
    this.kind = kind;
    this.code = code;
    this.details = details;
  }
}

export const notFound = (what: string, id: string) =>
  new DomainError('not_found', `${what}.not_found`, `No ${what} "${id}" is visible to you.`);

export const conflict = (code: string, message: string, details: ErrorDetails = {}) =>
  new DomainError('conflict', code, message, details);

export const invalid = (code: string, message: string, issues: FieldIssue[] = []) =>
  new DomainError('invalid', code, message, { issues });
