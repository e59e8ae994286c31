import type { Line } from '../rules/formats/line.ts';
import { createRedactor } from '../rules/redact/redactor.ts';
import type { IngestResult } from '../schema.ts';
import type { Rejected } from '../store/sources.ts';

/** Whose it is, nobody knows: nothing of it may be turned back. */
const redactor = createRedactor(kind => `<${kind}>`, { keepAddresses: false });
const longest = 300;

/** What is shown of something that could not be placed. */
export const sampleOf = (value: unknown): string =>
  (typeof value === 'string' ? redactor.text(value) : JSON.stringify(redactor.value(value as never))).slice(
    0,
    longest,
  );

/** What of a pull was refused; `known`: lines that a pull before was refused already. */
export function rejectedOf(
  { errors, rejected }: IngestResult,
  lines: readonly Line[],
  known: ReadonlySet<number> = new Set(),
): Rejected | undefined {
  const fresh = errors.filter(({ line }) => !known.has(line));
  const [first] = fresh;
  if (!first) return undefined;
  const found = lines.find(({ line }) => line === first.line);
  return {
    // More are refused than are named one by one.
    count: rejected - (errors.length - fresh.length),
    reason: first.field ? `${first.field}: ${first.reason}` : first.reason,
    sample: sampleOf(found?.event ?? found?.problem ?? ''),
  };
}
