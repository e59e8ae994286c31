import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { readTenants } from '#server/federation/tenants/service.ts';
import { notWhole } from '../errors.ts';
import { replicationEvent } from '../events.ts';
import type { WithheldValues } from '../gateway.ts';
import { leadsBack } from '../rules/names.ts';
import { findStream, type StoredStream } from '../store/streams.ts';
import { gatewayOf, planOf } from './gateways.ts';

/**
 * What a stream that leads back may bring beside its rows: columns that never left home may go there, of tenants that are
 * at home there still. Null where there is nothing of that kind.
 */
async function homewards(ctx: ReadContext, stream: StoredStream) {
  if (!leadsBack(stream.id)) return null;
  const home = (await readTenants(ctx, stream.tenants)).filter(t => t.homeRegion === stream.subscriber);
  const withheld = stream.tables
    .filter(t => t.withheld.length > 0)
    .map(t => ({ table: t.table, columns: t.withheld }));
  if (home.length === 0 || withheld.length === 0) return null;
  return { plan: { ...planOf(stream), tenants: home.map(t => t.id) }, withheld };
}

/** What was entered away from home into columns that no stream carries; null = the region does not answer. */
export async function enteredAway(ctx: ReadContext, id: string): Promise<WithheldValues[] | null> {
  const stream = await findStream(ctx.db, id);
  const way = stream ? await homewards(ctx, stream) : null;
  if (!stream || !way) return [];
  try {
    return await gatewayOf(ctx, stream).withheldValues(way.plan, way.withheld);
  } catch (error) {
    if (error instanceof RegionUnreachable) return null;
    throw error;
  }
}

/**
 * Before a stream that leads back is cut. Where it cannot be done for any other reason than that the region with the values is
 * lost, this throws: the failover stops or waits, and the values stay where they are.
 */
export async function bringValuesHome(
  ctx: CommandContext,
  stream: StoredStream,
  whole: boolean,
): Promise<void> {
  const way = await homewards({ ...ctx, db: ctx.ownWrites() }, stream);
  if (!way) return;
  let brought: WithheldValues[];
  try {
    brought = await gatewayOf(ctx, stream).bringHome(way.plan, way.withheld);
  } catch (error) {
    // Where they would go is asked again once it answers; only where they lie in a region that is lost is there nothing to bring.
    if (!(error instanceof RegionUnreachable) || error.region === stream.subscriber) throw error;
    if (whole) throw notWhole(stream.id, error.message);
    return;
  }
  if (brought.length === 0) return;
  const values = brought.map(one => `${one.table}.${one.column}: ${one.rows}`);
  await ctx.commit(
    replicationEvent('replication.brought_home', stream.id, { to: stream.subscriber, values }),
    async () => {},
  );
}

/** The region that wrote meanwhile follows again: what was brought home is taken from it. */
export async function clearAway(ctx: CommandContext, stream: StoredStream): Promise<void> {
  const way = await homewards({ ...ctx, db: ctx.ownWrites() }, stream);
  if (way) await gatewayOf(ctx, stream).clearAway(way.plan, way.withheld);
}
