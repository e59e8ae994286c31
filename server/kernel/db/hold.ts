import type { Database } from './database.ts';

/**
 * One process at a time does what has this name. The hold belongs to a connection: a process that is killed lets go of it at
 * once, and nobody has to guess how long a silent one may still be at work. null = somebody else is at it.
 */
export async function holdAlone<T>(
  database: Database,
  name: string,
  work: () => Promise<T>,
): Promise<T | null> {
  const client = await database.holds().connect();
  let broken = false;
  try {
    const { rows } = await client.query<{ got: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
      [name],
    );
    if (!rows[0]?.got) return null;
    try {
      return await work();
    } finally {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name]).catch(() => {
        broken = true;
      });
    }
  } finally {
    client.release(broken);
  }
}
