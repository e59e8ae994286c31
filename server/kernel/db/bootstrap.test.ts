import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../http/free-port.ts';
import { bootstrapDatabase, roleUrl } from './bootstrap.ts';
import { type EmbeddedPostgres, startEmbedded } from './embedded.ts';
import { applyMigrations } from './migrate.ts';
import { pendingMigrations } from './migrations.ts';
import { databaseRoles } from './names.ts';

/** A server of its own: roles belong to the server, and here somebody less than a superuser makes them. */
let dir: string;
let server: EmbeddedPostgres;
let small: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'atom-bootstrap-'));
  chmodSync(dir, 0o711);
  server = await startEmbedded({
    dir: join(dir, 'pg'),
    port: freePort,
    password: 'test',
    settings: { fsync: 'off', wal_level: 'minimal', max_wal_senders: '0' },
  });
  await query(server.adminUrl, "create role operator login createrole createdb password 'small'");
  const url = new URL(server.adminUrl);
  url.username = 'operator';
  url.password = 'small';
  small = url.toString();
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

it('works for a user who may create roles and databases and nothing more, as often as it is started', async () => {
  await bootstrapDatabase(small, 'atom');
  const owner = roleUrl(small, 'atom_owner', 'atom');
  await applyMigrations(owner);
  await bootstrapDatabase(small, 'atom');
  expect(await pendingMigrations(owner)).toEqual([]);
});

it('makes roles that neither are superusers nor escape row level security, also where they were widened', async () => {
  await bootstrapDatabase(server.adminUrl, 'atom');
  await query(server.adminUrl, 'alter role atom_tenant bypassrls');
  await bootstrapDatabase(server.adminUrl, 'atom');
  const rows = await query(
    server.adminUrl,
    `select rolname from pg_roles where rolname like 'atom\\_%' and not rolsuper and not rolbypassrls order by 1`,
  );
  expect(rows).toEqual([...databaseRoles].sort().map(rolname => ({ rolname })));
});

it('says so where a role was widened and the user may not take that back', async () => {
  await query(server.adminUrl, 'alter role atom_tenant bypassrls');
  await expect(bootstrapDatabase(small, 'atom')).rejects.toThrow(/atom_tenant/);
  await query(server.adminUrl, 'alter role atom_tenant nobypassrls');
});

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
