import { TRPCClientError } from '@trpc/client';
import type { Problem } from '#server/kernel/errors/problem.ts';

/** The problem document inside a failed call, if the server got as far as sending one. */
export function problemIn(error: unknown): Problem | null {
  if (!(error instanceof TRPCClientError)) return null;
  return (error.data as { problem?: Problem } | undefined)?.problem ?? null;
}

export function messageOf(error: unknown): string {
  const problem = problemIn(error);
  if (problem) return problem.detail;
  if (error instanceof TRPCClientError)
    return 'The console cannot be reached. What you typed is kept; try again.';
  return error instanceof Error ? error.message : String(error);
}

export const fieldErrors = (error: unknown): Record<string, string> =>
  Object.fromEntries(
    (problemIn(error)?.errors ?? []).map(({ field, message }) => [field.replace(/^patch\./, ''), message]),
  );
