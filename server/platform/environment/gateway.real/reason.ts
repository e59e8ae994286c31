/** An error whose text is ours, and therefore safe to show. */
export class Reason extends Error {}

const words: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'unknown host',
  EHOSTUNREACH: 'no route',
  ENETUNREACH: 'no route',
  ENOENT: 'no such file',
  EACCES: 'not readable',
  EISDIR: 'is a folder',
  ERR_INVALID_URL: 'not an address',
  '28P01': 'login refused',
  '28000': 'login refused',
};

/** Short, and never with the value: an address in an error message may carry a password. */
export function reasonOf(error: unknown): string {
  if (error instanceof Reason) return error.message;
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = String((cause as NodeJS.ErrnoException | null)?.code ?? '');
  if (/CERT|SELF_SIGNED|VERIFY_LEAF|ALTNAME/.test(code)) return 'certificate not trusted';
  return words[code] ?? 'failed';
}
