import type { Clock } from '#kernel/clock/clock.ts';
import type { Database, ReadDb } from '#kernel/db/database.ts';
import { regionServer } from '#kernel/regions/servers.ts';
import { mixedRegions } from '../errors.ts';
import { realReplication } from '../gateway.real.ts';
import { simulatedReplication } from '../gateway.simulated.ts';
import type { ReplicationGateway, StreamPlan } from '../gateway.ts';
import type { StoredStream } from '../store/streams.ts';

export interface Reaching {
  db: ReadDb;
  database: Database;
  clock: Clock;
}

/** Real where both regions have a server, simulated where neither has; never half of each. */
export function gatewayBetween(ctx: Reaching, publisher: string, subscriber: string): ReplicationGateway {
  const real = [publisher, subscriber].filter(region => regionServer(region) !== undefined).length;
  if (real === 2) return realReplication;
  if (real === 1) throw mixedRegions(publisher, subscriber);
  return simulatedReplication(ctx.db, () => ctx.clock.now());
}

/** A stream stays what it was made as: a real one whose server is gone is unreachable, not simulated. */
export const gatewayOf = (ctx: Reaching, stream: Pick<StoredStream, 'simulated'>): ReplicationGateway =>
  stream.simulated ? simulatedReplication(ctx.db, () => ctx.clock.now()) : realReplication;

export const planOf = (s: StoredStream): StreamPlan => ({
  id: s.id,
  state: s.state,
  publisher: s.publisher,
  subscriber: s.subscriber,
  tables: s.tables.map(({ table, columns }) => ({ table, columns })),
  tenants: s.tenants,
  raw: s.raw,
});
