import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { bootstrapDatabase, roleUrl } from './bootstrap.ts';
import { schemaFromEmpty } from './migrate.ts';
import { pendingMigrations } from './migrations.ts';

let bed: TestBed;
const other = `drift_${randomBytes(4).toString('hex')}`;
let fromSchema: pg.Client;
let fromMigrations: pg.Client;

beforeAll(async () => {
  bed = await testBed();
  const admin = inject('adminUrl');
  await bootstrapDatabase(admin, other);
  const url = roleUrl(admin, 'atom_owner', other);
  fromSchema = new pg.Client({ connectionString: url });
  await fromSchema.connect();
  await fromSchema.query(await schemaFromEmpty(url));
  fromMigrations = new pg.Client({ connectionString: bed.database.url('atom_owner') });
  await fromMigrations.connect();
});
afterAll(async () => {
  await fromSchema.end();
  await fromMigrations.end();
  await bed.rows(`select 1`);
  await bed.close();
});

/** Prisma's own comparison does not read Postgres 18; the catalogs say it as well. */
const catalog = {
  columns: `select table_name, column_name, data_type, udt_name, is_nullable, column_default, datetime_precision, numeric_precision, numeric_scale
    from information_schema.columns where table_schema = 'atom' and table_name <> '_prisma_migrations' order by 1, 2`,
  keys: `select c.conrelid::regclass::text as "table", c.contype, pg_get_constraintdef(c.oid) as definition from pg_constraint c
    join pg_namespace n on n.oid = c.connamespace where n.nspname = 'atom' and c.contype in ('p', 'f', 'u')
    and c.conrelid::regclass::text not like '%_prisma_migrations' order by 1, 2, 3`,
  indexes: `select tablename, indexname, indexdef from pg_indexes where schemaname = 'atom' and tablename <> '_prisma_migrations' order by 1, 2`,
};

describe('migrations', () => {
  it('have all been applied to the template', async () => {
    expect(await pendingMigrations(bed.database.url('atom_owner'))).toEqual([]);
  });

  it.each(Object.entries(catalog))('give the same %s as the schema files', async (_what, sql) => {
    expect((await fromMigrations.query(sql)).rows).toEqual((await fromSchema.query(sql)).rows);
  });

  it('leave no table without a decision about tenants', async () => {
    expect(await bed.rows('select name from tables_without_isolation()')).toEqual([]);
  });

  it('make no view that reads with its owner’s rights', async () => {
    const views = await bed.rows(
      `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'atom' and c.relkind = 'v'
       and not coalesce('security_invoker=true' = any (c.reloptions), false)`,
    );
    expect(views).toEqual([]);
  });
});
