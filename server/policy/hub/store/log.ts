import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { PolicyScope } from '#kernel/policy/kinds.ts';
import type { HubKeys, LogEntry, WireEnvelope } from '#server/policy/relay/schema.ts';

export interface StoredEntry {
  seq: number;
  hash: string;
  type: string;
  /** Whom the body concerns; null = every relay. */
  scope: PolicyScope | null;
  entry: LogEntry;
}

interface Row {
  seq: number;
  hash: string;
  type: string;
  scope: PolicyScope | null;
  header: string;
  body: string;
}

const stored = (row: Row): StoredEntry => ({
  seq: row.seq,
  hash: row.hash,
  type: row.type,
  scope: row.scope,
  entry: { header: JSON.parse(row.header) as WireEnvelope, body: row.body },
});

/** The number is the key: a second hub that appends at the same place fails here, and so cannot fork the log. */
export async function insertEntry(
  tx: Tx,
  entry: StoredEntry & { policyId: string | null; at: Date },
): Promise<void> {
  await tx.policyLog.create({
    data: {
      seq: entry.seq,
      hash: entry.hash,
      type: entry.type,
      policyId: entry.policyId,
      header: JSON.stringify(entry.entry.header),
      body: entry.entry.body ?? '',
      ...(entry.scope ? { scope: entry.scope } : {}),
      at: entry.at,
    },
  });
}

export async function entriesAfter(db: ReadDb, after: number, limit: number): Promise<StoredEntry[]> {
  const rows = await db.query<Row>({
    name: 'policy-log-after',
    sql: 'select seq, hash, type, scope, header, body from policy_log where seq > $1 order by seq limit $2',
    parameters: [after, limit],
  });
  return rows.map(stored);
}

export const lastEntry = (db: ReadDb): Promise<{ seq: number; hash: string } | null> =>
  db.one({ sql: 'select seq, hash from policy_log order by seq desc limit 1', parameters: [] });

/** The newest set of keys that relays were told of. */
export async function publishedKeys(db: ReadDb): Promise<HubKeys | null> {
  const row = await db.one<{ body: string }>({
    sql: "select body from policy_log where type = 'keys' order by seq desc limit 1",
    parameters: [],
  });
  if (!row) return null;
  return (JSON.parse(Buffer.from(row.body, 'base64').toString('utf8')) as { keys: HubKeys }).keys;
}
