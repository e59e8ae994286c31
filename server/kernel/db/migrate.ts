import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { listMigrations, prismaRoot } from './migrations.ts';
import { schemaName } from './names.ts';

/**
 * Prisma's own schema engine, as WASM: migrations stay ordinary Prisma migrations, and nothing has to be downloaded.
 * Importing it costs 100 ms, so callers ask `pendingMigrations` first.
 */
export interface MigrationsResult {
  applied: string[];
}

const migrationSql = (name: string) =>
  readFileSync(join(prismaRoot, 'migrations', name, 'migration.sql'), 'utf8');

/** The engine keeps its connections until the process ends; ours are closed when the work is done. */
async function withEngine<T>(url: string, use: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  (globalThis as Record<string, unknown>).PRISMA_WASM_PANIC_REGISTRY = { set_message() {}, get: () => '' };
  const { SchemaEngine: Engine } = await import('@prisma/schema-engine-wasm');
  const adapters = new WholeScriptPg({ connectionString: url }, { schema: schemaName });
  try {
    return await use(
      await Engine.new({ datamodels: datamodel() }, () => {}, bindMigrationAwareSqlAdapterFactory(adapters)),
    );
  } finally {
    await adapters.close();
  }
}

/**
 * The adapter splits scripts at every semicolon, which tears function bodies apart. Sent whole, a migration is also
 * one implicit transaction: it applies entirely or not at all.
 */
class WholeScriptPg extends PrismaPg {
  private readonly open: { dispose(): Promise<void> }[] = [];
  override async connect() {
    const adapter = await super.connect();
    this.open.push(adapter);
    adapter.executeScript = async (script: string) => {
      await adapter.underlyingDriver().query(script);
    };
    return adapter;
  }
  async close() {
    await Promise.allSettled(this.open.map(adapter => adapter.dispose()));
  }
}

export function datamodel(): [string, string][] {
  const models = readdirSync(join(prismaRoot, 'models')).filter(name => name.endsWith('.prisma'));
  return [
    ['schema.prisma', readFileSync(join(prismaRoot, 'schema.prisma'), 'utf8')],
    ...models
      .sort()
      .map((name): [string, string] => [
        `models/${name}`,
        readFileSync(join(prismaRoot, 'models', name), 'utf8'),
      ]),
  ];
}

/** `only`: as far as a snapshot had come, before its rows are put back. */
export async function applyMigrations(ownerUrl: string, only?: readonly string[]): Promise<MigrationsResult> {
  await forgetInterrupted(ownerUrl);
  const result = await withEngine(ownerUrl, engine =>
    engine.applyMigrations({
      migrationsList: {
        baseDir: join(prismaRoot, 'migrations'),
        lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
        migrationDirectories: listMigrations()
          .filter(name => only?.includes(name) ?? true)
          .map(name => ({
            path: name,
            migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: migrationSql(name) } },
          })),
        shadowDbInitScript: '',
      },
      filters: { externalTables: [], externalEnums: [] },
    }),
  );
  return { applied: result.appliedMigrationNames };
}

/** A script is one transaction, so a migration without an end was rolled back by Postgres: it may simply run again. */
async function forgetInterrupted(ownerUrl: string) {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const has = await client.query('select to_regclass($1) as t', [`${schemaName}._prisma_migrations`]);
    if (has.rows[0]?.t)
      await client.query(
        `update ${schemaName}._prisma_migrations set rolled_back_at = now() where finished_at is null and rolled_back_at is null`,
      );
  } finally {
    await client.end();
  }
}

/** The SQL that the schema files alone would give: a test compares its result with that of the migrations. */
export async function schemaFromEmpty(ownerUrl: string): Promise<string> {
  const { stdout } = await withEngine(ownerUrl, engine =>
    engine.diff({
      from: { tag: 'empty' },
      to: schemaTarget(),
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  );
  return stdout ?? '';
}

const schemaTarget = () =>
  ({
    tag: 'schemaDatamodel',
    files: datamodel().map(([path, content]) => ({ path, content })),
    configDir: prismaRoot,
  }) as const;
