import { uuidv7 } from '#kernel/ids/ids.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { counter, gauge, histogram } from '#kernel/metrics/metrics.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { listTenantsInput } from '#server/federation/tenants/schema.ts';
import { listTenants } from '#server/federation/tenants/service.ts';
import { scoredEvent } from '../events.ts';
import { correlate, type Plan } from '../rules/incidents.ts';
import { selectOpenState } from '../store/incidents.ts';
import { insertRisks, type StoredRisk, selectLatestOfAll, selectLatestOfTenant } from '../store/risks.ts';
import { evaluateTenant, rowsOf, yardstickNow } from './current.ts';
import { raise, settle } from './raise.ts';
import { touchedTenants } from './telemetry.ts';

const seconds = histogram(
  'risk_evaluation_duration_seconds',
  'Time of one evaluation of all tenants that are due',
);
const written = counter('risk_scores_total', 'Scores that were kept');
const lastOk = gauge('risk_last_evaluation_timestamp_seconds', 'When tenants were last evaluated');

/** A score is renewed before it is stale, also when nothing happens: what fades must be seen to fade. */
export const refreshAfterMs = 45_000;
const lookBackMs = 30_000;
const tenantsAtOnce = 500;

interface Tenant {
  id: string;
  simulated: boolean;
}

async function allTenants(ctx: CommandContext): Promise<Tenant[]> {
  const found: Tenant[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const page: Awaited<ReturnType<typeof listTenants>> = await listTenants(
      ctx,
      listTenantsInput.parse({ limit: tenantsAtOnce, offset, sort: 'id' }),
    );
    found.push(...page.rows.filter(row => row.state === 'active'));
    offset = page.nextOffset;
  }
  return found;
}

/** Those of whom something arrived lately, and those whose score is due to be renewed. */
async function dueTenants(ctx: CommandContext): Promise<Tenant[]> {
  const now = ctx.clock.now();
  const [tenants, latest] = await Promise.all([
    allTenants(ctx),
    selectLatestOfAll(ctx.db, new Date(now.getTime() - refreshAfterMs)),
  ]);
  const ids = tenants.map(tenant => tenant.id);
  const touched = await touchedTenants(ctx, ids, new Date(now.getTime() - lookBackMs), now);
  const renewed = new Set(latest.map(row => row.tenantId));
  return tenants.filter(tenant => touched.has(tenant.id) || !renewed.has(tenant.id));
}

/** One round: scores who is due, keeps what is new, raises and ends alerts. Repeated at once it writes nothing. */
export async function scoreDue(ctx: CommandContext, signal?: AbortSignal): Promise<number> {
  const stop = seconds.startTimer();
  const due = await dueTenants(ctx);
  const yardstick = await yardstickNow(ctx);
  const now = ctx.clock.now();
  const rows: StoredRisk[] = [];
  const plans: { tenantId: string; plan: Plan }[] = [];
  for (const tenant of due) {
    if (signal?.aborted) break;
    const [evaluated, kept, open] = await Promise.all([
      evaluateTenant(ctx, tenant, yardstick),
      selectLatestOfTenant(ctx.db, tenant.id, new Date(now.getTime() - 3_600_000)),
      selectOpenState(ctx.db, tenant.id, now),
    ]);
    const before = new Map(kept.map(row => [row.service, row]));
    const services = new Set<string | null>([
      null,
      ...evaluated.firings.map(firing => firing.service),
      ...kept.filter(row => row.level !== 'low').map(row => row.service),
    ]);
    rows.push(
      ...rowsOf(tenant, evaluated, [...services], yardstick, () => uuidv7(now.getTime())).filter(row =>
        worthKeeping(row, before.get(row.service), now.getTime()),
      ),
    );
    plans.push({ tenantId: tenant.id, plan: correlate(evaluated.firings, open, now.getTime()) });
  }
  if (rows.length > 0)
    await ctx.record(
      scoredEvent([...new Set(rows.map(row => row.tenantId))]),
      rows.map(({ contributions: _, ...fact }) => fact as unknown as Json),
      tx => insertRisks(tx, rows),
    );
  for (const { tenantId, plan } of plans) {
    await raise(ctx, tenantId, plan);
    await settle(ctx, tenantId, plan);
  }
  written.inc(rows.length);
  lastOk.set(now.getTime() / 1000);
  stop();
  return rows.length;
}

/** What says the same as what was kept a moment ago is not kept again; a service that is well needs no history. */
function worthKeeping(row: StoredRisk, before: StoredRisk | undefined, now: number): boolean {
  if (!before) return row.service === null || row.level !== 'low' || row.contributions.length > 0;
  return row.inputs !== before.inputs || now - Date.parse(before.at) >= refreshAfterMs;
}
