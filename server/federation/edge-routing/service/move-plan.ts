import { isProduction } from '#kernel/env/production.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { regionState } from '#server/federation/regions/service.ts';
import { heldRows, mirrorsOf, refusalsOf } from '#server/federation/replication/service.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { judgeMove, moveTitles } from '../rules/move.ts';
import { type MovePlan, type MoveStream, moveSteps } from '../schema/move.ts';
import { selectOrders, selectWrites } from '../store.ts';

const parityFreshMs = 24 * 3_600_000;

/** Everything that a move of a tenant's home stands on, looked at now; `settle` names the streams to wait for. */
export async function lookAtMove(
  ctx: ReadContext,
  id: string,
  to: string,
): Promise<{ plan: MovePlan; settle: string[] }> {
  const tenant = await readTenant(ctx, id);
  const from = tenant.homeRegion;
  const [target, home, there, writes, runs, mirrors] = await Promise.all([
    regionState(ctx, to),
    heldRows(ctx, from, id),
    heldRows(ctx, to, id),
    selectWrites(ctx.db),
    selectOrders(ctx.db),
    mirrorsOf(ctx, id),
  ]);
  const raw = mirrors.some(mirror => mirror.raw);
  const refused = await refusalsOf(ctx, { publisher: from, subscriber: to, tenants: [id], raw });
  const unknown = writes.filter(row => [from, to].includes(row.region) && row.unknownSince !== null);
  const writesIn = (region: string) => writes.find(row => row.region === region)?.writes ?? null;
  const streams = mirrors.map(mirror => streamOf(mirror, ctx.clock.now().getTime()));
  const facts = {
    ...{ tenant: id, from, to, target, home, there, streams },
    refused: [
      ...refused.map(r => r.reason),
      ...unknown.map(
        ({ region }) =>
          `It is not known who writes in ${region}; people decide that on the page Failover first`,
      ),
    ],
    writes: { home: writesIn(from), there: writesIn(to) },
    failover: runs.some(run => run.state === 'running' && !run.dry),
  };
  const { settle, ...judged } = judgeMove(facts);
  const titles = moveTitles(facts);
  return {
    settle,
    plan: {
      ...{ tenant: id, from, to, version: tenant.version },
      production: isProduction(tenant),
      simulated: tenant.simulated,
      steps: moveSteps
        .filter(name => name !== 'settle' || settle.length > 0)
        .map(name => ({ name, title: titles[name] })),
      ...judged,
      writes: facts.writes,
      streams,
      dataClasses: tenant.dataClasses,
      consents: tenant.consents,
      refused: facts.refused,
      possible: judged.obstacles.length === 0,
    },
  };
}

export const planMove = async (ctx: ReadContext, input: { tenant: string; to: string }) =>
  (await lookAtMove(ctx, input.tenant, input.to)).plan;

type Mirror = Awaited<ReturnType<typeof mirrorsOf>>[number];

function streamOf(mirror: Mirror, now: number): MoveStream {
  const proven = (table: string) =>
    mirror.compared.some(
      run =>
        run.table === table &&
        run.state === 'equal' &&
        run.at !== null &&
        now - Date.parse(run.at) <= parityFreshMs,
    );
  return {
    id: mirror.streamId,
    from: mirror.from,
    to: mirror.region,
    state: mirror.state,
    health: mirror.health,
    lagSeconds: mirror.lagSeconds,
    lagBytes: mirror.lagBytes,
    tables: mirror.tables.map(t => t.table),
    withheld: mirror.tables.flatMap(t => t.withheld.map(column => `${t.table}.${column}`)),
    unproven: mirror.tables.map(t => t.table).filter(table => !proven(table)),
  };
}
