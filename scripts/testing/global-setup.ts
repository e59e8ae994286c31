import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { bootstrapDatabase, roleUrl } from '#kernel/db/bootstrap.ts';
import { startEmbedded } from '#kernel/db/embedded.ts';
import { applyMigrations } from '#kernel/db/migrate.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { migrateJobs } from '#kernel/jobs/run.ts';
import { testSecret } from './secret.ts';

declare module 'vitest' {
  interface ProvidedContext {
    adminUrl: string;
  }
}

/** One real Postgres per run; each test file copies the migrated template in a few milliseconds. */
export default async function setup(project: TestProject) {
  const dir = mkdtempSync(join(tmpdir(), 'atom-test-'));
  chmodSync(dir, 0o711); // Postgres does not run as root, and must reach its folder within
  loadEnvForTest({ ATOM_HOME: dir, ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
  const server = await startEmbedded({
    dir: join(dir, 'pg'),
    port: freePort,
    password: 'test',
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  await bootstrapDatabase(server.adminUrl, 'template_atom');
  const owner = roleUrl(server.adminUrl, 'atom_owner', 'template_atom');
  await applyMigrations(owner);
  await migrateJobs(owner);
  await sealTemplate(server.adminUrl);
  project.provide('adminUrl', server.adminUrl);
  return async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}

/** A database with connections cannot be copied. */
async function sealTemplate(adminUrl: string) {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'template_atom'",
  );
  await client.query('alter database template_atom with allow_connections false');
  await client.end();
}
