import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { schemaName } from './names.ts';

/** Every process of the console runs from the checkout's root. */
export const prismaRoot = join(process.cwd(), 'prisma');

export const listMigrations = (): string[] =>
  readdirSync(join(prismaRoot, 'migrations'), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort();

export async function pendingMigrations(ownerUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const has = await client.query('select to_regclass($1) as t', [`${schemaName}._prisma_migrations`]);
    if (!has.rows[0]?.t) return listMigrations();
    const done = await client.query(
      `select migration_name from ${schemaName}._prisma_migrations where finished_at is not null`,
    );
    const names = new Set(done.rows.map(row => row.migration_name as string));
    return listMigrations().filter(name => !names.has(name));
  } finally {
    await client.end();
  }
}
