import { createHash } from 'node:crypto';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { checkEvent } from '../rules/normalise.ts';
import type { EventInput, IngestResult, Source } from '../schema.ts';
import { severityRank } from '../schema.ts';
import { intakeOf, type Prepared } from './intake.ts';
import { keptMs } from './retention.ts';
import { tenantsOf } from './tenants.ts';

/** One line as it came, with its number; what could not even be parsed says why. */
export interface Line {
  line: number;
  event?: EventInput | unknown;
  problem?: string;
}

const maxErrors = 1000;

/**
 * Checks, redacts and writes what came from one source. Bad lines are refused by number and reason, the good ones are
 * durable when this returns. Throws only when none of it could be taken.
 */
export async function ingestLines(
  ctx: ReadContext,
  source: Source,
  lines: readonly Line[],
  options: { tenantId?: string | undefined } = {},
): Promise<IngestResult> {
  const now = ctx.clock.now();
  const [tenants, keep] = await Promise.all([tenantsOf(ctx), keptMs(ctx)]);
  const result: IngestResult = { accepted: 0, duplicates: 0, rejected: 0, ids: [], errors: [] };
  const rows: Prepared[] = [];
  const places: number[] = [];
  const reject = (line: number, reason: string, field?: string) => {
    result.rejected += 1;
    result.ids.push(null);
    if (result.errors.length < maxErrors) result.errors.push({ line, reason, ...(field ? { field } : {}) });
  };
  for (const { line, event: given, problem } of lines) {
    if (problem !== undefined) {
      reject(line, problem);
      continue;
    }
    const checked = checkEvent(given, now, keep);
    if (!checked.ok) {
      reject(line, checked.issue.message, checked.issue.field);
      continue;
    }
    const { event, at } = checked;
    const tenantId = event.tenant_id ?? options.tenantId ?? ctx.scope.tenantId;
    const tenant = tenantId === undefined ? undefined : tenants.get(tenantId);
    if (tenantId === undefined) reject(line, 'Name the tenant whose event it is.', 'tenant_id');
    else if (!tenant) reject(line, `No tenant "${tenantId}" is visible to you.`, 'tenant_id');
    else {
      const id = event.id ?? uuidv7(now.getTime());
      places.push(result.ids.push(id) - 1);
      rows.push({
        tenantId,
        ts: at,
        id,
        keyed: event.id !== undefined,
        receivedAt: now,
        event: event.event,
        severity: severityRank(event.severity),
        service: event.service ?? null,
        region: event.region ?? null,
        message: event.message ?? null,
        templateId: null,
        traceId: event.trace_id?.toLowerCase() ?? null,
        attributes: JSON.stringify(event.attributes ?? {}),
        source,
        simulated: tenant.simulated,
      });
    }
  }
  const caller = `${ctx.principal.kind}:${ctx.principal.id}`;
  const { fresh } = await intakeOf(ctx.database, ctx.clock).take(rows, caller);
  result.accepted = fresh.filter(Boolean).length;
  result.duplicates = fresh.length - result.accepted;
  return result;
}

/** For other parts of the console: the same path as everybody's. */
export const ingestEvents = (
  ctx: ReadContext,
  source: Source,
  events: readonly EventInput[],
): Promise<IngestResult> =>
  ingestLines(
    ctx,
    source,
    events.map((event, index) => ({ line: index + 1, event })),
  );

/** An id that the same thing always gets, for senders who give none. */
export const stableId = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(parts.join('\u0000')).digest('base64url').slice(0, 27);
