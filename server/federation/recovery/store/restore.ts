import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { roleUrl } from '#kernel/db/bootstrap.ts';
import { applyMigrations } from '#kernel/db/migrate.ts';
import { schemaName } from '#kernel/db/names.ts';
import { env } from '#kernel/env/env.ts';
import { migrateJobs } from '#kernel/jobs/run.ts';
import { SnapshotRefused } from '../errors.ts';
import type { Manifest, SnapshotStore, TableCopy } from '../schema.ts';
import { fileHash, openSealed } from '../service/files.ts';
import { inSchema, quoted } from './tables.ts';

/** Every file as it was signed, on this machine, before a single row is put anywhere. */
export async function fetchFiles(store: SnapshotStore, manifest: Manifest, into: string): Promise<void> {
  mkdirSync(into, { recursive: true, mode: 0o700 });
  for (const table of manifest.tables) {
    const stream = await store.get(manifest.id, table.file);
    if (!stream) throw new SnapshotRefused('missing_file', table.file);
    const path = join(into, table.file);
    await pipeline(stream, createWriteStream(path, { mode: 0o600 }));
    if ((await fileHash(path)) !== table.sha256) throw new SnapshotRefused('changed_file', table.file);
  }
}

/**
 * Puts a snapshot into an empty database whose roles are there: the schema as it was then, the rows in one transaction, the
 * sequences above what they had given, then whatever migrations came since.
 */
export async function restoreInto(adminUrl: string, manifest: Manifest, files: string): Promise<void> {
  const owner = roleUrl(adminUrl, 'atom_owner');
  await requireEmpty(owner);
  await applyMigrations(owner, manifest.migrations);
  const client = new pg.Client({ connectionString: owner, application_name: 'atom restore' });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(`begin; set local search_path = ${schemaName}, public; set local timezone = 'UTC'`);
    await makePartitions(client, manifest.tables);
    const links = await liftLinks(client);
    for (const table of manifest.tables) await load(client, table, join(files, table.file));
    for (const { name, value } of manifest.sequences)
      if (value !== '0')
        await client.query('select setval($1::regclass, $2::bigint)', [inSchema(name), value]);
    for (const sql of links) await client.query(sql);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
  await applyMigrations(owner);
  await migrateJobs(owner);
}

async function requireEmpty(owner: string): Promise<void> {
  const client = new pg.Client({ connectionString: owner });
  await client.connect();
  try {
    const { rows } = await client.query('select to_regclass($1) as found', [`${schemaName}.ledger_entry`]);
    if (rows[0]?.found) throw new SnapshotRefused('not_empty');
  } finally {
    await client.end();
  }
}

async function makePartitions(client: pg.Client, tables: readonly TableCopy[]): Promise<void> {
  for (const { name, partition } of tables) {
    if (!partition) continue;
    const { rows } = await client.query('select to_regclass($1) as found', [inSchema(name)]);
    if (rows[0]?.found) continue;
    await client.query(
      `create table ${inSchema(name)} partition of ${inSchema(partition.of)} ${partition.bound}`,
    );
    for (const grant of partition.grants) {
      const [privilege = '', role = ''] = grant.split(' to ');
      await client.query(`grant ${privilege} on ${inSchema(name)} to ${role}`);
    }
  }
}

/** Links between tables are taken off while rows come in any order, and put back as they were: putting back checks them all. */
async function liftLinks(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; on: string; definition: string }>(
    `select c.conname as name, r.relname as on, pg_get_constraintdef(c.oid) as definition from pg_constraint c
     join pg_class r on r.oid = c.conrelid
     where c.contype = 'f' and c.connamespace = $1::regnamespace and c.conparentid = 0`,
    [schemaName],
  );
  for (const { name, on } of rows)
    await client.query(`alter table ${inSchema(on)} drop constraint ${quoted(name)}`);
  return rows.map(
    ({ name, on, definition }) => `alter table ${inSchema(on)} add constraint ${quoted(name)} ${definition}`,
  );
}

/** COPY refuses tables under row level security; as their owner it is lifted for this transaction and put back in it. */
async function load(client: pg.Client, { name, columns, rls }: TableCopy, path: string): Promise<void> {
  const table = inSchema(name);
  if (rls.enabled) await client.query(`alter table ${table} disable row level security`);
  await client.query(`alter table ${table} disable trigger user`);
  await client.query(`delete from ${table}`); // what a migration put there comes again with the rows
  const list = columns.map(quoted).join(', ');
  await pipeline(await openSealed(path), client.query(copyFrom(`copy ${table} (${list}) from stdin`)));
  await client.query(`alter table ${table} enable trigger user`);
  if (rls.enabled) await client.query(`alter table ${table} enable row level security`);
}

/** A folder for one restore, gone afterwards. */
export async function withFiles<T>(id: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(env().home, 'snapshot-work', `restore-${id}-${process.pid}`);
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
