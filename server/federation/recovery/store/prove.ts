import pg from 'pg';
import { type Database, openDatabase } from '#kernel/db/database.ts';
import { schemaName } from '#kernel/db/names.ts';
import { verifyLedger } from '#kernel/ledger/verify/run.ts';
import type { Check, Manifest } from '../schema.ts';
import { contentOf, sourceTables, stableText } from './tables.ts';

/** What this machine signed last says nothing about a database that is older on purpose. */
const noAnchor = { read: () => null, write: () => {} };

/** Whether what was restored is what was copied; each answer stands on its own, so that all that is wrong is seen. */
export async function proveRestored(adminUrl: string, manifest: Manifest): Promise<Check[]> {
  const database = openDatabase(adminUrl);
  const client = new pg.Client({ connectionString: database.url('atom_owner') });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(`begin isolation level repeatable read read only; ${stableText}`);
    const checks = [
      await schemaThere(client, manifest),
      ...(await rowsThere(client, manifest)),
      await isolationThere(client, manifest),
      await newestThere(client, manifest),
    ];
    await client.query('rollback');
    return [...checks, await ledgerHolds(database, manifest)];
  } finally {
    await client.end().catch(() => {});
    await database.close().catch(() => {});
  }
}

const check = (name: string, wrong: readonly string[], fine: string): Check => ({
  name,
  passed: wrong.length === 0,
  found: wrong.length === 0 ? fine : wrong.slice(0, 20).join('; '),
});

async function schemaThere(client: pg.Client, { tables, migrations }: Manifest): Promise<Check> {
  const there = new Map((await sourceTables(client)).map(table => [table.name, table]));
  const wrong = tables.flatMap(({ name, columns }) => {
    const found = there.get(name);
    if (!found) return [`table ${name} is missing`];
    const missing = columns.filter(column => !found.columns.includes(column));
    return missing.length > 0 ? [`${name} lacks ${missing.join(', ')}`] : [];
  });
  return check('Schema', wrong, `${tables.length} tables of ${migrations.length} migrations`);
}

async function rowsThere(client: pg.Client, { tables }: Manifest): Promise<Check[]> {
  const counts: string[] = [];
  const contents: string[] = [];
  for (const { name, columns, rows, content } of tables) {
    const found = await contentOf(client, name, columns).catch(() => null);
    if (!found) counts.push(`${name} cannot be read`);
    else if (found.rows !== rows) counts.push(`${name} has ${found.rows} of ${rows} rows`);
    else if (found.content !== content) contents.push(`rows of ${name} differ`);
  }
  const total = tables.reduce((sum, table) => sum + table.rows, 0);
  return [
    check('Row counts', counts, `${total} rows in ${tables.length} tables`),
    check('Row hashes', [...counts, ...contents], `Every row hashes as it did`),
  ];
}

/** Row level security as it was, and a tenant's session that sees no other tenant's row. */
async function isolationThere(client: pg.Client, { tables }: Manifest): Promise<Check> {
  const there = new Map((await sourceTables(client)).map(table => [table.name, table.rls]));
  const isolated = tables.filter(table => table.rls.enabled);
  const wrong = isolated.flatMap(({ name, rls }) => {
    const found = there.get(name);
    return found?.enabled === rls.enabled && found.forced === rls.forced && found.policies >= rls.policies
      ? []
      : [`${name} is not isolated as it was`];
  });
  return check('Row level security', wrong, `${isolated.length} tables are isolated`);
}

async function newestThere(client: pg.Client, { newestAt, takenAt }: Manifest): Promise<Check> {
  const { rows } = await client.query(`select max(at) as at from ${schemaName}.ledger_entry`);
  const found = rows[0]?.at ? new Date(rows[0].at).toISOString() : null;
  const age = found === null ? null : Math.max(0, Date.parse(takenAt) - Date.parse(found));
  return check(
    'Newest row',
    found === newestAt ? [] : [`The newest entry is of ${found ?? 'never'}, not of ${newestAt ?? 'never'}`],
    age === null ? 'No entry was there' : `${Math.round(age / 1000)} s old when the snapshot was taken`,
  );
}

async function ledgerHolds(database: Database, { ledger }: Manifest): Promise<Check> {
  try {
    const outcome = await verifyLedger(database.pool('atom_owner'), { anchor: noAnchor });
    if (!outcome.ok) return check('Ledger', [outcome.said], '');
    const { rows } = await database.pool('atom_owner').query('select size from ledger_head');
    const size = Number(rows[0]?.size);
    return check(
      'Ledger',
      size >= ledger.size ? [] : [`It has ${size} of ${ledger.size} entries`],
      outcome.said,
    );
  } catch (error) {
    return check('Ledger', [`It could not be verified: ${(error as Error).message}`], '');
  }
}
