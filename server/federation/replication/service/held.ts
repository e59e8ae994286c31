import { regionServer } from '#kernel/regions/servers.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { realReplication } from '../gateway.real.ts';
import { simulatedReplication } from '../gateway.simulated.ts';
import type { HeldRows } from '../gateway.ts';
import { selectStreams } from '../store/streams.ts';

/** Which rows of a tenant lie in a region, by table. `null`: it has a database, and that does not answer. */
export async function heldRows(ctx: ReadContext, region: string, tenant: string): Promise<HeldRows[] | null> {
  const streams = (await selectStreams(ctx.db)).filter(
    s =>
      s.tenants.includes(tenant) &&
      s.state !== 'retired' &&
      (s.publisher === region || s.subscriber === region),
  );
  // A real stream whose server is not connected any more: what lies there is not known.
  if (!regionServer(region) && streams.some(s => !s.simulated)) return null;
  const tables = [...new Set(streams.flatMap(s => s.tables.map(t => t.table)))].sort();
  try {
    if (regionServer(region)) return await realReplication.rowsOf(region, tenant, tables);
    // A region of the simulated world holds what its streams say.
    return await simulatedReplication(ctx.db, () => ctx.clock.now()).rowsOf(region, tenant, tables);
  } catch (error) {
    if (error instanceof RegionUnreachable) return null;
    throw error;
  }
}
