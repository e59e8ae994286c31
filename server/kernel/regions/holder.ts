import type pg from 'pg';

export interface Holder {
  held(): Promise<boolean>;
  release(): Promise<void>;
}

/** Holds a session's advisory lock over many steps: a loop with memory of its own has one process at a time. */
export function singleHolder(pool: pg.Pool, key: string): Holder {
  let client: pg.PoolClient | null = null;
  let asking: Promise<boolean> | null = null;
  const ask = async (): Promise<boolean> => {
    if (client) {
      try {
        await client.query('select 1');
        return true;
      } catch {
        client.release(true);
        client = null;
      }
    }
    const next = await pool.connect();
    const { rows } = await next.query('select pg_try_advisory_lock($1::bigint) as got', [key]);
    if (rows[0]?.got !== true) {
      next.release();
      return false;
    }
    client = next;
    return true;
  };
  return {
    // Several loops of one process share the lock, and one question at a time.
    held: () => {
      asking ??= ask().finally(() => {
        asking = null;
      });
      return asking;
    },
    release: async () => {
      client?.release(true);
      client = null;
    },
  };
}
