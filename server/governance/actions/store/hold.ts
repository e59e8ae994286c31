import type { Database } from '#kernel/db/database.ts';

/**
 * One worker at a time takes an execution further. The hold belongs to a connection: a worker that is killed lets go of it
 * at once, and nobody has to guess how long a silent one may still be at work.
 */
export async function holdExecution<T>(
  database: Database,
  id: string,
  work: () => Promise<T>,
): Promise<T | null> {
  const client = await database.pool('atom_app').connect();
  let broken = false;
  try {
    const { rows } = await client.query<{ got: boolean }>(
      "select pg_try_advisory_lock(hashtextextended('action:' || $1, 0)) as got",
      [id],
    );
    if (!rows[0]?.got) return null;
    try {
      return await work();
    } finally {
      await client
        .query("select pg_advisory_unlock(hashtextextended('action:' || $1, 0))", [id])
        .catch(() => {
          broken = true;
        });
    }
  } finally {
    client.release(broken);
  }
}
