import type pg from 'pg';

export interface Holder {
  held(): Promise<boolean>;
}

export interface Holders {
  of(name: string): Holder;
  release(): Promise<void>;
}

/**
 * Who does a loop: whoever holds its advisory lock. All that one process holds hang on one session, and end with it, so that
 * a killed process keeps nothing and another one takes over with its next look.
 */
export function openHolders(pool: pg.Pool): Holders {
  let client: pg.PoolClient | null = null;
  let mine = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();
  const drop = () => {
    client?.release(true);
    client = null;
    mine = new Set();
  };
  const ask = async (name: string): Promise<boolean> => {
    client ??= await pool.connect();
    try {
      if (mine.has(name)) {
        await client.query('select 1');
        return true;
      }
      const { rows } = await client.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as got', [
        `loop ${name}`,
      ]);
      if (rows[0]?.got === true) mine.add(name);
      return mine.has(name);
    } catch (error) {
      drop();
      throw error;
    }
  };
  // One question at a time: two at once for one name would take the lock twice, which nobody gives back.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
  return {
    of: name => ({ held: () => inTurn(() => ask(name)) }),
    release: () => inTurn(async () => drop()),
  };
}
