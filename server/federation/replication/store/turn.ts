import type { Database } from '#kernel/db/database.ts';

/**
 * A stream and the one the other way round are cut, put back and followed by one at a time. The hold belongs to a connection: a
 * worker that is killed lets go of it at once. Null where somebody else is at it.
 */
export async function takeTurn<T>(
  database: Database,
  stream: string,
  work: () => Promise<T>,
): Promise<T | null> {
  const client = await database.pool('atom_app').connect();
  const name = [`stream:${stream}`];
  let broken = false;
  try {
    const { rows } = await client.query<{ got: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
      name,
    );
    if (!rows[0]?.got) return null;
    try {
      return await work();
    } finally {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', name).catch(() => {
        broken = true;
      });
    }
  } finally {
    client.release(broken);
  }
}
