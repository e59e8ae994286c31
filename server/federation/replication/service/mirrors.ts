import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import type { Misplaced } from '#server/federation/tenants/schema.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import type { Mirror, ParityRun } from '../schema.ts';
import { latestParity, latestScans } from '../store/evidence.ts';
import { selectStreams } from '../store/streams.ts';
import { requestVerify } from './parity.ts';
import { misplacedRows } from './residence.ts';

/** Where copies of a tenant's rows lie, of which columns, and what proves them. For the tenants' system and its page. */
export async function mirrorsOf(ctx: ReadContext, tenant: string): Promise<Mirror[]> {
  const [streams, parity, scans] = await Promise.all([
    selectStreams(ctx.db),
    latestParity(ctx.db),
    latestScans(ctx.db),
  ]);
  return streams
    .filter(s => s.tenants.includes(tenant) && s.state !== 'retired')
    .map(s => {
      const run = parity.filter(p => p.streamId === s.id).sort((a, b) => worst(b.state) - worst(a.state))[0];
      const { cursor: _cursor, rowsPerSecond: _rate, ...compared } = run ?? { cursor: [], rowsPerSecond: 0 };
      return {
        streamId: s.id,
        region: s.subscriber,
        from: s.publisher,
        state: s.state,
        health: s.look?.health ?? 'unknown',
        lagSeconds: s.look?.lagSeconds ?? null,
        lagBytes: s.look?.lagBytes ?? null,
        held: s.held,
        tables: s.tables,
        raw: s.raw,
        simulated: s.simulated,
        compared: parity
          .filter(p => p.streamId === s.id)
          .map(({ table, state, finishedAt }) => ({ table, state, at: finishedAt })),
        parity: run ? (compared as Mirror['parity']) : null,
        leakScan: scans.find(scan => scan.streamId === s.id) ?? null,
      };
    });
}

const worst = (state: string): number => ['equal', 'running', 'failed', 'differs'].indexOf(state);

export async function readReplicas(
  ctx: ReadContext,
  id: string,
): Promise<{ tenant: string; replicas: Mirror[]; misplaced: Misplaced[] }> {
  await readTenant(ctx, id);
  const [replicas, misplaced] = await Promise.all([mirrorsOf(ctx, id), misplacedRows(ctx, id)]);
  return { tenant: id, replicas, misplaced };
}

/** Every stream that carries the tenant is compared and searched; none is nothing to do, and said so. */
export async function verifyTenant(
  ctx: CommandContext,
  id: string,
): Promise<{ tenant: string; runs: ParityRun[] }> {
  const { replicas } = await readReplicas(ctx, id);
  const runs: ParityRun[] = [];
  for (const { streamId } of replicas.filter(r => r.state === 'active'))
    runs.push(...(await requestVerify(ctx, { id: streamId, rowsPerSecond: 200_000, leaks: true })).runs);
  if (runs.length === 0) ctx.unchanged();
  return { tenant: id, runs };
}
