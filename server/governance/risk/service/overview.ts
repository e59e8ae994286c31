import type { ReadContext } from '#kernel/trpc/context.ts';
import { listTenantsInput } from '#server/federation/tenants/schema.ts';
import { listTenants, readTenant } from '#server/federation/tenants/service.ts';
import { levelOf, type RiskOverview, type RiskVector, type Scores, staleAfterSeconds } from '../schema.ts';
import { countOpenByTenant } from '../store/incidents.ts';
import { type StoredRisk, selectHistory, selectLatestOfAll, selectLatestOfTenant } from '../store/risks.ts';
import { vectorOf } from './current.ts';

/** Tenants by dimensions, from what the loop wrote; a score that is too old is shown as such. */
export async function readOverview(ctx: ReadContext): Promise<RiskOverview> {
  const now = ctx.clock.now();
  const [tenants, latest, open] = await Promise.all([
    listTenants(ctx, listTenantsInput.parse({ limit: 500 })),
    selectLatestOfAll(ctx.db, new Date(now.getTime() - 24 * 3_600_000)),
    countOpenByTenant(ctx.db),
  ]);
  const scoreOf = new Map(latest.map(row => [row.tenantId, row]));
  const openOf = new Map(open.map(row => [row.tenantId, row.n]));
  return {
    staleAfterSeconds,
    rows: tenants.rows.map(({ id, name, simulated }) => {
      const found = scoreOf.get(id);
      const scores = found ? scoresOf(found) : null;
      return {
        tenantId: id,
        name,
        at: found?.at ?? null,
        stale: !found || now.getTime() - Date.parse(found.at) > staleAfterSeconds * 1000,
        scores,
        level: scores ? levelOf(Math.max(...Object.values(scores))) : null,
        probability: found?.probability ?? null,
        openIncidents: openOf.get(id) ?? 0,
        simulated,
      };
    }),
  };
}

const scoresOf = ({ security, cost, performance, reliability, compliance }: StoredRisk): Scores => ({
  security,
  cost,
  performance,
  reliability,
  compliance,
});

export async function readServices(
  ctx: ReadContext,
  tenantId: string,
): Promise<{ rows: Omit<RiskVector, 'contributions'>[] }> {
  await readTenant(ctx, tenantId);
  const since = new Date(ctx.clock.now().getTime() - 24 * 3_600_000);
  const rows = await selectLatestOfTenant(ctx.db, tenantId, since);
  return {
    rows: rows
      .filter(row => row.service !== null)
      .map(row => {
        const { contributions: _, ...vector } = vectorOf(ctx, row);
        return vector;
      }),
  };
}

const mostPoints = 1000;

export async function readHistory(
  ctx: ReadContext,
  input: { tenantId: string; service?: string | undefined; hours: number },
) {
  await readTenant(ctx, input.tenantId);
  const since = new Date(ctx.clock.now().getTime() - input.hours * 3_600_000);
  const rows = await selectHistory(
    ctx.db,
    input.tenantId,
    input.service ?? null,
    since,
    Math.max(1, Math.ceil((input.hours * 3600) / mostPoints)),
  );
  return {
    points: rows
      .map(row => ({
        at: row.at,
        id: row.id,
        level: row.level,
        probability: row.probability,
        ...scoresOf(row),
      }))
      .reverse(),
  };
}
