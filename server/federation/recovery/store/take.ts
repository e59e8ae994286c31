import { mkdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { schemaName } from '#kernel/db/names.ts';
import { env } from '#kernel/env/env.ts';
import { version } from '#kernel/env/version.ts';
import { sha256Hex } from '#kernel/signing/canonical.ts';
import { activeSigners, trustedKeys } from '#kernel/signing/signer.ts';
import { signStatement } from '#kernel/signing/statement.ts';
import type { SnapshotStore } from '../schema.ts';
import { type Manifest, manifest, manifestPredicate, type TableCopy } from '../schema.ts';
import { writeSealed } from '../service/files.ts';
import { keysFile, manifestFile, signatureFile, writeKeys } from '../service/manifest.ts';
import { contentOf, inSchema, quoted, sourceTables, stableText } from './tables.ts';

export interface Taken {
  manifest: Manifest;
  manifestHash: string;
  bytes: number;
}

export const fileOf = (table: string): string => `${table}.copy`;

/**
 * A copy of everything at one instant: one repeatable-read transaction, one file for each table, and a manifest that both
 * keys sign. Nothing is in the store under its final name before it is whole, and the signature comes last.
 */
export async function takeSnapshot(
  from: { database: Database; clock: Clock },
  store: SnapshotStore,
  id: string,
  signal?: AbortSignal,
): Promise<Taken> {
  const work = join(env().home, 'snapshot-work', id);
  mkdirSync(work, { recursive: true, mode: 0o700 });
  const client = new pg.Client({
    connectionString: from.database.url('atom_owner'),
    application_name: 'atom snapshot',
  });
  client.on('error', () => {}); // a query that was under way reports it
  try {
    await client.connect();
    await client.query(`begin isolation level repeatable read read only; ${stableText}`);
    const tables: TableCopy[] = [];
    for (const source of await sourceTables(client)) {
      signal?.throwIfAborted();
      const file = fileOf(source.name);
      const path = join(work, file);
      const columns = source.columns.map(quoted).join(', ');
      const stream = client.query(copyTo(`copy (select ${columns} from ${inSchema(source.name)}) to stdout`));
      const written = await writeSealed(stream, path);
      const content = await contentOf(client, source.name, source.columns);
      await store.put(id, file, path);
      rmSync(path);
      const { name, rls, partition } = source;
      tables.push({
        name,
        columns: source.columns,
        file,
        ...written,
        ...content,
        rls,
        ...(partition ? { partition } : {}),
      });
    }
    const made = manifest.parse({
      format: 'atom-snapshot/1',
      id,
      takenAt: from.clock.now().toISOString(),
      console: { version: version(), publicUrl: env().publicUrl },
      tables,
      ...(await facts(client)),
    });
    await client.query('commit');
    const bytes = Buffer.from(JSON.stringify(made, null, 1));
    const signers = await activeSigners(from.database, from.clock);
    const envelope = await signStatement(
      signers,
      [{ name: manifestFile, content: bytes }],
      manifestPredicate,
      {
        id,
        takenAt: made.takenAt,
        ledger: made.ledger.size,
      },
    );
    const whole: [string, Buffer][] = [
      [keysFile, writeKeys(await trustedKeys(from.database))],
      [manifestFile, bytes],
      [signatureFile, Buffer.from(JSON.stringify(envelope))],
    ];
    for (const [file, content] of whole) {
      await writeFile(join(work, file), content, { mode: 0o600 });
      await store.put(id, file, join(work, file));
    }
    return {
      manifest: made,
      manifestHash: sha256Hex(bytes),
      bytes: tables.reduce((sum, t) => sum + t.bytes, bytes.length),
    };
  } finally {
    await client.end().catch(() => {});
    rmSync(work, { recursive: true, force: true });
  }
}

async function facts(
  client: pg.Client,
): Promise<Pick<Manifest, 'postgres' | 'migrations' | 'sequences' | 'ledger' | 'newestAt'>> {
  const one = async <Row>(sql: string, values: unknown[] = []) =>
    (await client.query(sql, values)).rows as Row[];
  const [server] = await one<{ server_version: string }>('show server_version');
  const migrations = await one<{ name: string }>(
    `select migration_name as name from ${inSchema('_prisma_migrations')} where finished_at is not null and rolled_back_at is null order by 1`,
  );
  const sequences = await one<{ name: string; value: string }>(
    `select sequencename as name, coalesce(last_value, 0)::text as value from pg_sequences where schemaname = $1 order by 1`,
    [schemaName],
  );
  const [head] = await one<{ size: number }>('select size::float8 as size from ledger_head');
  const [signed] = await one<{ note: string }>(
    'select note from ledger_checkpoint order by size desc limit 1',
  );
  const [newest] = await one<{ at: Date | null }>('select max(at) as at from ledger_entry');
  return {
    postgres: server?.server_version ?? 'unknown',
    migrations: migrations.map(row => row.name),
    sequences,
    ledger: { size: head?.size ?? 0, checkpoint: signed?.note ?? null },
    newestAt: newest?.at ? new Date(newest.at).toISOString() : null,
  };
}
