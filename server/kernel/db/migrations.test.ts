import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { catalogOf, unguarded } from '#scripts/testing/catalog.ts';
import { bootstrapDatabase, roleUrl } from './bootstrap.ts';
import { applyMigrations, schemaFromEmpty } from './migrate.ts';
import { listMigrations, pendingMigrations } from './migrations.ts';

const names = { migrated: 't_migrated', drawn: 't_drawn' };
const open: pg.Client[] = [];

async function client(url: string): Promise<pg.Client> {
  const made = new pg.Client({ connectionString: url });
  await made.connect();
  open.push(made);
  return made;
}

const ownerOf = (database: string) => roleUrl(inject('adminUrl'), 'atom_owner', database);
let migrated: pg.Client;
let drawn: pg.Client;

beforeAll(async () => {
  for (const name of Object.values(names)) await bootstrapDatabase(inject('adminUrl'), name);
  await applyMigrations(ownerOf(names.migrated));
  migrated = await client(ownerOf(names.migrated));
  drawn = await client(ownerOf(names.drawn));
  await drawn.query(await schemaFromEmpty(ownerOf(names.drawn)));
});

afterAll(async () => {
  for (const each of open) await each.end();
  const admin = new pg.Client({ connectionString: inject('adminUrl') });
  await admin.connect();
  for (const name of Object.values(names)) await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
});

/** Runs a change, looks, and takes the change back. */
async function changed<T>(sql: string, look: () => Promise<T>): Promise<T> {
  await migrated.query('begin');
  try {
    await migrated.query(sql);
    return await look();
  } finally {
    await migrated.query('rollback');
  }
}

describe('migrations', () => {
  it('apply from empty, all of them, once', async () => {
    expect(await pendingMigrations(ownerOf(names.migrated))).toEqual([]);
    expect((await applyMigrations(ownerOf(names.migrated))).applied).toEqual([]);
    const { rows } = await migrated.query('select migration_name from _prisma_migrations order by 1');
    expect(rows.map(row => row.migration_name)).toEqual(listMigrations());
  });

  it('give the database that the schema files describe', async () => {
    expect(await catalogOf(migrated)).toEqual(await catalogOf(drawn));
  });

  it.each([
    ['a new column', 'alter table tenant add column forgotten text'],
    ['another type', 'alter table tenant alter column name type varchar(80)'],
    ['another nullability', 'alter table tenant alter column name drop not null'],
    ['another default', "alter table tenant alter column name set default 'x'"],
    ['a lost index', 'drop index tenant_state_id_idx'],
    ['a lost foreign key', 'alter table region_key drop constraint region_key_region_id_fkey'],
    ['a table of its own', 'create table forgotten (id int primary key)'],
  ])('would show %s as drift', async (_what, sql) => {
    const wanted = await catalogOf(drawn);
    expect(await changed(sql, () => catalogOf(migrated))).not.toEqual(wanted);
  });
});

describe('isolation by the database', () => {
  it('binds every table and view to its tenant, or says that it is global', async () => {
    expect(await unguarded(migrated)).toEqual([]);
    expect((await migrated.query('select name from tables_without_isolation()')).rows).toEqual([]);
  });

  it.each([
    ['a table that forgot', 'create table forgotten (id int)', 'forgotten'],
    ['security that the owner escapes', 'alter table tenant no force row level security', 'tenant'],
    ['a policy taken away', 'drop policy tenant_own on tenant', 'tenant'],
    ["a view with its owner's rights", 'create view leak as select * from tenant', 'leak'],
    ['a materialised view', 'create materialized view leak as select * from tenant', 'leak'],
  ])('finds %s', async (_what, sql, table) => {
    expect(await changed(sql, () => unguarded(migrated))).toEqual([expect.stringContaining(`${table}:`)]);
  });

  it("accepts a view that runs with its caller's rights", async () => {
    const sql = 'create view safe with (security_invoker = true) as select * from tenant';
    expect(await changed(sql, () => unguarded(migrated))).toEqual([]);
  });
});
