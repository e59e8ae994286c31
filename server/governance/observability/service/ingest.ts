import { invalid } from '#kernel/errors/domain-error.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchTenant } from '../errors.ts';
import type { Line } from '../rules/formats/line.ts';
import { checkEvent } from '../rules/normalise.ts';
import type { Redactor } from '../rules/redact/redactor.ts';
import type { EventInput, IngestResult, LinesInput, ParsedEvent, Source } from '../schema.ts';
import { severityRank } from '../schema.ts';
import type { StoredTemplate } from '../store/write.ts';
import { countRejected, intakeOf, type Prepared } from './intake.ts';
import { type Mining, miningFor } from './mining.ts';
import { redactorFor } from './redaction.ts';
import { keptMs } from './retention.ts';
import { tenantsOf } from './tenants.ts';

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
  const reject = (line: number, reason: string, field?: string) => {
    result.rejected += 1;
    result.ids.push(null);
    if (result.errors.length < maxErrors) result.errors.push({ line, reason, ...(field ? { field } : {}) });
  };
  const redactors = new Map<string, Redactor>();
  const minings = new Map<string, Mining>();
  const templates: StoredTemplate[] = [];
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
    else if (!tenant) reject(line, 'No tenant of this name is visible to you.', 'tenant_id');
    else {
      const redactor = redactors.get(tenantId) ?? (await redactorFor(ctx, tenantId));
      redactors.set(tenantId, redactor);
      const mining = minings.get(tenantId) ?? (await miningFor(ctx.database, tenantId));
      minings.set(tenantId, mining);
      const clean = (text: string | undefined) => (text === undefined ? null : redactor.text(text));
      const id = clean(event.id) ?? uuidv7(now.getTime());
      const name = redactor.text(event.event);
      const message = clean(event.message);
      const severity = severityRank(event.severity);
      const template = mining.mine({ event: name, message, severity, at });
      if (template.fresh) templates.push(template.fresh);
      result.ids.push(id);
      rows.push({
        tenantId,
        ts: at,
        id,
        keyed: event.id !== undefined,
        receivedAt: now,
        event: name,
        severity,
        service: clean(event.service),
        region: clean(event.region),
        message,
        templateId: template.id,
        traceId: event.trace_id?.toLowerCase() ?? null,
        attributes: JSON.stringify(event.attributes ? redactor.value(event.attributes) : {}),
        source,
        simulated: tenant.simulated,
      });
    }
  }
  if (result.rejected > 0) countRejected(source, result.rejected);
  const caller = `${ctx.principal.kind}:${ctx.principal.id}`;
  const { fresh } = await intakeOf(ctx.database, ctx.clock).take(rows, caller, templates);
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

/** One event alone: what is wrong with it is the answer. */
export async function ingestOne(
  ctx: CommandContext,
  event: EventInput | ParsedEvent,
): Promise<{ id: string; created: boolean }> {
  const result = await ingestLines(ctx, 'http', [{ line: 1, event }]);
  const [wrong] = result.errors;
  if (wrong?.field === 'tenant_id' && event.tenant_id !== undefined) throw noSuchTenant(event.tenant_id);
  if (wrong) {
    const field = wrong.field ?? '(body)';
    throw invalid('ingest.refused', `${field}: ${wrong.reason}`, [{ field, message: wrong.reason }]);
  }
  // The entry of the whole batch is written by the intake, once per second and tenant.
  ctx.unchanged();
  return { id: result.ids[0] ?? '', created: result.accepted === 1 };
}

export async function ingestMany(ctx: CommandContext, input: LinesInput): Promise<IngestResult> {
  const result = await ingestLines(ctx, input.source, input.lines, { tenantId: input.tenantId });
  ctx.unchanged();
  return result;
}
