import { DomainError } from '#kernel/errors/domain-error.ts';
import { json, type RestResponse } from '#kernel/http/rest/response.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import type { Door, IngestResult, Line } from '#server/governance/observability/service/formats.ts';

/** What became of a request so far. */
export interface Taken extends IngestResult {
  /** The last line of it that was dealt with, as its sender counts, blank ones too. */
  upTo: number;
}

export const nothingTaken = (): Taken => ({
  accepted: 0,
  duplicates: 0,
  rejected: 0,
  ids: [],
  errors: [],
  upTo: 0,
});

export function merge(total: Taken, part: IngestResult, lines: readonly Line[]): void {
  total.upTo = lines.at(-1)?.line ?? total.upTo;
  total.accepted += part.accepted;
  total.duplicates += part.duplicates;
  total.rejected += part.rejected;
  total.ids.push(...part.ids);
  total.errors.push(...part.errors);
}

/** What was written before stays written: the sender learns where to go on. */
export function interrupted(error: unknown, total: Taken): unknown {
  const known = asDomainError(error);
  const seen = total.accepted + total.duplicates + total.rejected;
  if (!known || seen === 0) return error;
  const details = { ...known.details, ...counted(total), resumeFromLine: total.upTo + 1 };
  return new DomainError(known.kind, known.code, known.message, details);
}

const mostNamed = 1000;
const counted = ({ accepted, duplicates, rejected, errors }: IngestResult) => ({
  accepted,
  duplicates,
  rejected,
  rejections: errors.slice(0, mostNamed),
});

/** Each protocol in its own words; ours says what became of every line. */
export function answered(door: Door, total: IngestResult): RestResponse {
  const { accepted, duplicates, rejected } = total;
  const none = accepted + duplicates === 0;
  if (door === 'otlp-logs' || door === 'otlp-traces') {
    const count = door === 'otlp-logs' ? 'rejectedLogRecords' : 'rejectedSpans';
    const said = total.errors.slice(0, 20).map(e => `${e.line}: ${e.field ? `${e.field}: ` : ''}${e.reason}`);
    return json(
      200,
      rejected === 0 ? {} : { partialSuccess: { [count]: rejected, errorMessage: said.join('; ') } },
    );
  }
  if (door === 'loki-push' && rejected === 0) return { status: 204, headers: {}, body: '' };
  const status = rejected === 0 ? (accepted > 0 ? 201 : 200) : none ? 422 : 207;
  return json(status, {
    ...counted(total),
    ...(total.ids.length <= mostNamed ? { ids: total.ids } : {}),
    ...(total.errors.length > mostNamed ? { rejectionsLeftOut: total.errors.length - mostNamed } : {}),
  });
}
