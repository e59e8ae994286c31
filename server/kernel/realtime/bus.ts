import pg from 'pg';
import type { Database } from '../db/database.ts';
import { log } from '../log/log.ts';
import { counter, gauge } from '../metrics/metrics.ts';
import type { Gap, Notice } from './topics.ts';

/**
 * Follows the dispatcher's numbered events. LISTEN only wakes it: what to deliver is read from the table after its own
 * cursor, so a lost connection, a missed notification or a duplicate never loses or repeats an event.
 */
export interface Bus {
  /** Calls back for every event after `from` (default: from now on), then live. Returns the unsubscribe. */
  subscribe(onEvent: (event: Notice | Gap) => void, from?: number): () => void;
  cursor(): number;
  /** When the connection was last known to be good. */
  freshAt(): Date;
  close(): Promise<void>;
}

export const channel = 'atom_realtime';

const reconnects = counter('realtime_reconnects_total', 'Times the LISTEN connection had to be made anew');
const subscribers = gauge('realtime_subscribers', 'Subscribers on this process');
const columns = `id, topic, key, tenant_id as "tenantId", type, at`;

export async function openBus(database: Database): Promise<Bus> {
  const pool = database.pool('atom_app');
  const listeners = new Set<(event: Notice | Gap) => void>();
  let cursor = Number((await pool.query('select coalesce(max(id), 0) as id from realtime_event')).rows[0].id);
  let closed = false;
  let client: pg.Client | null = null;
  let fresh = new Date();
  let draining: Promise<void> | null = null;
  let again = false;

  const drain = async () => {
    do {
      again = false;
      const { rows } = await pool.query(
        `select ${columns} from realtime_event where id > $1 order by id limit 1000`,
        [cursor],
      );
      for (const row of rows as Notice[]) {
        cursor = row.id;
        for (const listener of listeners) listener(row);
      }
      fresh = new Date();
      if (rows.length === 1000) again = true;
    } while (again);
  };
  const wake = () => {
    again = true;
    draining ??= drain()
      .catch(error => log().warn({ event: 'realtime.read_failed', error }))
      .finally(() => {
        draining = null;
      });
  };
  const connect = async (attempt = 0): Promise<void> => {
    if (closed) return;
    const next = new pg.Client({
      connectionString: database.url('atom_app'),
      keepAlive: true,
      application_name: 'atom realtime',
    });
    const retry = () => {
      if (closed || client !== next) return;
      client = null;
      reconnects.inc();
      next.end().catch(() => {});
      setTimeout(() => void connect(attempt + 1), Math.random() * Math.min(5000, 100 * 2 ** attempt)).unref();
    };
    client = next;
    next.on('error', retry);
    next.on('end', retry);
    next.on('notification', wake);
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      attempt = 0;
      wake(); // whatever was missed while away
    } catch {
      retry();
    }
  };
  await connect();
  // A half-open connection says nothing: the slow poll bounds how long that can go unnoticed.
  const poll = setInterval(wake, 2000);
  poll.unref();

  return {
    cursor: () => cursor,
    freshAt: () => fresh,
    subscribe: (onEvent, from) => {
      subscribers.inc();
      let replaying = from !== undefined;
      const held: (Notice | Gap)[] = [];
      const listener = (event: Notice | Gap) => {
        if (replaying) held.push(event);
        else onEvent(event);
      };
      listeners.add(listener);
      if (from !== undefined)
        void missed(pool, from, cursor)
          .then(events => {
            for (const event of events) onEvent(event);
            const last = events.at(-1)?.id ?? from;
            for (const event of held) if (event.id > last) onEvent(event);
          })
          .catch(() => onEvent({ id: cursor, gap: true }))
          .finally(() => {
            replaying = false;
          });
      return () => {
        if (listeners.delete(listener)) subscribers.dec();
      };
    },
    close: async () => {
      closed = true;
      clearInterval(poll);
      const last = client;
      client = null;
      await last?.end().catch(() => {});
      await draining;
    },
  };
}

/** Events in (from, to]; a gap marker where the beginning is no longer kept or is too long to replay. */
async function missed(pool: pg.Pool, from: number, to: number): Promise<(Notice | Gap)[]> {
  if (from >= to) return [];
  const { rows } = await pool.query(
    `select ${columns} from realtime_event where id > $1 and id <= $2 order by id limit 1001`,
    [from, to],
  );
  const events = rows as Notice[];
  if (events.length > 1000 || events[0]?.id !== from + 1) return [{ id: to, gap: true }];
  return events;
}
