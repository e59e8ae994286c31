import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapDatabase, roleUrl } from '#kernel/db/bootstrap.ts';
import { type Database, openDatabase } from '#kernel/db/database.ts';
import { startEmbedded } from '#kernel/db/embedded.ts';
import { applyMigrations } from '#kernel/db/migrate.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { migrateJobs } from '#kernel/jobs/run.ts';

export interface World {
  database: Database;
  ownerUrl: string;
  close(): Promise<void>;
}

export const tenantCount = 100_000;

/** A durable Postgres of its own with a hundred thousand tenants. */
export async function world(): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'atom-bench-'));
  const server = await startEmbedded({ dir: join(dir, 'pg'), port: await freePort(), password: 'bench' });
  await bootstrapDatabase(server.adminUrl, 'bench');
  const url = new URL(server.adminUrl);
  url.pathname = '/bench';
  const ownerUrl = roleUrl(url.toString(), 'atom_owner');
  await applyMigrations(ownerUrl);
  await migrateJobs(ownerUrl);
  const database = openDatabase(url.toString());
  await database.pool('atom_owner').query(
    `insert into tenant (id, name, environment, tier, home_region, simulated, allowed_regions, allowed_countries, data_classes, consents, created_at, updated_at)
     select 't-' || i, 'Tenant ' || i, 'simulation', 'standard', 'eu-west', true, '{}', '{}', '{}', '{}', now(), now() from generate_series(1, ${tenantCount}) i`,
  );
  await database.pool('atom_owner').query('analyze');
  return {
    database,
    ownerUrl,
    close: async () => {
      await database.close();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
