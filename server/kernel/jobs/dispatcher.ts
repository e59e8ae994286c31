import type pg from 'pg';
import { counter, gauge } from '../metrics/metrics.ts';
import { channel } from '../realtime/bus.ts';

/**
 * Carries out what commits asked for. Runs as the owner, one at a time: `pg_notify` and `add_job` inside a commit would
 * serialise all writers on a global lock. Taking an outbox row and doing what it says are one transaction, so nothing is
 * lost or done twice; events are numbered here, in the order in which they became visible.
 */
export interface Dispatcher {
  step(): Promise<number | null>;
}

const lockKey = '418213364002';
const batchSize = 1000;

const dispatched = counter('outbox_dispatched_total', 'Outbox rows carried out', ['kind']);
const backlog = gauge('outbox_oldest_seconds', 'Age of the oldest outbox row at the last step');

interface Row {
  kind: 'notice' | 'job';
  body: Record<string, unknown>;
  at: string;
}

export function createDispatcher(pool: pg.Pool): Dispatcher {
  return {
    step: async () => {
      const waiting = await pool.query('select 1 from outbox limit 1');
      if (waiting.rowCount === 0) {
        backlog.set(0);
        return 0;
      }
      const client = await pool.connect();
      try {
        await client.query('begin');
        const lock = await client.query('select pg_try_advisory_xact_lock($1::bigint) as got', [lockKey]);
        if (!lock.rows[0].got) {
          await client.query('rollback');
          return null;
        }
        const rows = (
          await client.query(
            `with taken as (
               delete from outbox where id in (select id from outbox order by id limit ${batchSize}) returning *)
             select kind, body, at from taken order by id`,
          )
        ).rows as Row[];
        await publish(
          client,
          rows.filter(row => row.kind === 'notice'),
        );
        await enqueue(
          client,
          rows.filter(row => row.kind === 'job'),
        );
        await client.query('commit');
        const oldest = rows[0];
        if (oldest) backlog.set(Math.max(0, (Date.now() - Date.parse(oldest.at)) / 1000));
        return rows.length;
      } catch (error) {
        await client.query('rollback').catch(() => {});
        throw error;
      } finally {
        client.release();
      }
    },
  };
}

async function publish(client: pg.PoolClient, rows: Row[]) {
  if (rows.length === 0) return;
  await client.query(
    `insert into realtime_event (id, topic, key, tenant_id, type, at)
     select (select coalesce(max(id), 0) from realtime_event) + ord, b->>'topic', b->>'key', b->>'tenantId', b->>'type',
       (b->>'at')::timestamptz
     from jsonb_array_elements($1::jsonb) with ordinality as u(b, ord)`,
    [JSON.stringify(rows.map(row => row.body))],
  );
  await client.query('select pg_notify($1, $2)', [channel, String(rows.length)]);
  dispatched.inc({ kind: 'notice' }, rows.length);
}

async function enqueue(client: pg.PoolClient, rows: Row[]) {
  if (rows.length === 0) return;
  // Two requests with one key in one statement would be refused: the later one replaces the earlier, as across batches.
  const byKey = new Map(rows.map((row, i) => [(row.body.key as string | undefined) ?? `#${i}`, row.body]));
  await client.query(
    `select graphile_worker.add_jobs(array(
       select row(b->>'task', (b->'payload')::json, b->>'queue', (b->>'runAt')::timestamptz,
         (b->>'maxAttempts')::smallint, b->>'key', null::smallint, null::text[])::graphile_worker.job_spec
       from jsonb_array_elements($1::jsonb) as u(b)))`,
    [JSON.stringify([...byKey.values()])],
  );
  dispatched.inc({ kind: 'job' }, rows.length);
}
