import { regionServer } from '#kernel/regions/servers.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { knownRegions } from '#server/federation/regions/service.ts';
import { realReplication } from '../gateway.real.ts';
import { simulatedReplication } from '../gateway.simulated.ts';
import type { CountedRows, HeldRows } from '../gateway.ts';
import { tenantColumn } from '../rules/facts.ts';
import { selectStreams } from '../store/streams.ts';

export interface TenantRows {
  rows: HeldRows[];
  /** Why there may be more, and what would tell; null = these are all. */
  unseen: { why: string; mend: string } | null;
}

const notConnected = (region: string): TenantRows['unseen'] => ({
  why: `no database of ${region} is connected to this console`,
  mend: 'Name it in POSTGRES_REPLICA_DSNS: without it nobody knows which rows lie there.',
});
const silent = (region: string): TenantRows['unseen'] => ({
  why: `the database of ${region} does not answer`,
  mend: 'Without it nobody knows which rows lie there.',
});
/** What the server did not let be counted, as one thing that is not known. */
function uncounted(region: string, { unread, uncounted: more }: CountedRows): TenantRows['unseen'] {
  const open = unread.map(({ table, why, mend }) => ({
    why: `${table} of ${region} could not be read (${why}), so what lies in it is not known`,
    mend: mend ?? `Find out why ${table} cannot be read.`,
  }));
  if (more > 0)
    open.push({
      why: `${more} more tables of ${region} with ${tenantColumn} were not counted, so what lies in them is not known`,
      mend: 'Partitions count as one table: bring the tables of a service under fewer parents.',
    });
  if (open.length === 0) return null;
  return { why: open.map(o => o.why).join('; '), mend: open.map(o => o.mend).join('\n') };
}

/** Which rows of a tenant lie in a region, by table. What cannot be seen is never taken for no rows. */
export async function heldRows(ctx: ReadContext, region: string, tenant: string): Promise<TenantRows> {
  const streams = (await selectStreams(ctx.db)).filter(
    s =>
      s.tenants.includes(tenant) &&
      s.state !== 'retired' &&
      (s.publisher === region || s.subscriber === region),
  );
  const connected = regionServer(region) !== undefined;
  const kind = (await knownRegions(ctx)).find(known => known.id === region)?.database;
  // Only of the simulated world does the console itself know what there is, and not of a server that is gone.
  if (!connected && (kind !== 'simulated' || streams.some(s => !s.simulated)))
    return { rows: [], unseen: notConnected(region) };
  const tables = [...new Set(streams.flatMap(s => s.tables.map(t => t.table)))].sort();
  const gateway = connected ? realReplication : simulatedReplication(ctx.db, () => ctx.clock.now());
  try {
    const counted = await gateway.rowsOf(region, tenant, tables);
    return {
      rows: counted.rows,
      unseen: uncounted(region, counted),
    };
  } catch (error) {
    if (error instanceof RegionUnreachable) return { rows: [], unseen: silent(region) };
    throw error;
  }
}
