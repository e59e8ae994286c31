import type { Database, Tx } from '#kernel/db/database.ts';
import type { StoredEvent } from './write.ts';

export async function markRecorded(tx: Tx, ids: readonly string[], at: Date): Promise<void> {
  await tx.$executeRaw`update telemetry_batch set recorded_at = ${at} where id = any(${[...ids]}::uuid[])`;
}

export interface UnrecordedBatch {
  id: string;
  tenantId: string;
  sources: string[];
  callers: string[];
  at: string;
}

/** Written, but whoever wrote them ended before their digest stood in the ledger. */
export const selectUnrecorded = async (database: Database, before: Date): Promise<UnrecordedBatch[]> =>
  (
    await database.pool('atom_app').query(
      `select id, tenant_id as "tenantId", sources, callers, at from telemetry_batch
       where recorded_at is null and at < $1 order by at limit 500`,
      [before],
    )
  ).rows;

export type FactRow = Pick<
  StoredEvent,
  'id' | 'event' | 'severity' | 'service' | 'region' | 'message' | 'source'
> & {
  ts: string;
  attributes: unknown;
};

/** The events of a batch in the order of its digest. */
export const selectBatchFacts = async (database: Database, batch: string, at: Date): Promise<FactRow[]> =>
  (
    await database.pool('atom_app').query(
      `select id, ts, event, severity, service, region, message, source, attributes from telemetry_event
       where batch = $1 and received_at >= $2::timestamptz - interval '1 minute'`,
      [batch, at],
    )
  ).rows;
