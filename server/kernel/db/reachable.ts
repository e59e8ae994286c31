import pg from 'pg';

/** Connects, asks one question, leaves. Throws what went wrong. */
export async function reachable(dsn: string, deadlineMs: number): Promise<void> {
  const client = new pg.Client({
    connectionString: dsn,
    connectionTimeoutMillis: deadlineMs,
    query_timeout: deadlineMs,
  });
  client.on('error', () => {}); // a connection that breaks afterwards is no longer ours to report
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => {});
  }
}
