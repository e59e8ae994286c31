import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbedded } from '#kernel/db/embedded.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { freezeTree } from '#kernel/regions/freeze.ts';
import { bindRegionServers, regionDatabaseName } from '#kernel/regions/servers.ts';
import { closeRegionPools, type RegionSql, regionSql } from '#kernel/regions/sql.ts';
import { seedRegionDatabase } from '../../prisma/seed/region-databases.ts';
import { regionSettings } from '../supervisor/regions.ts';

export interface TestRegion extends RegionSql {
  name: string;
  server: EmbeddedPostgres;
  /** As the region's own service would: not a superuser, one tenant. */
  asService(tenant: string, sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Every process of the server stands still, as under a debugger or on a frozen machine. */
  freeze(): void;
  thaw(): void;
}

export interface TestRegions {
  region(name: string): TestRegion;
  stop(): Promise<void>;
}

const password = 'region-test';

/** Real servers, one for each region, with the demo tables; settings of one may differ. */
export async function startTestRegions(
  wanted: Record<
    string,
    { settings?: Record<string, string>; tenants?: string[]; onLog?: (line: string) => void }
  >,
): Promise<TestRegions> {
  const dir = mkdtempSync(join(tmpdir(), 'atom-regions-'));
  chmodSync(dir, 0o711);
  const regions = new Map<string, TestRegion>();
  const stop = async () => {
    await closeRegionPools();
    for (const region of regions.values()) region.thaw();
    await Promise.all([...regions.values()].map(region => region.server.stop()));
    bindRegionServers(null);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const started = await Promise.all(
      Object.entries(wanted).map(async ([name, { settings, onLog }]) => {
        const server = await startEmbedded({
          dir: join(dir, name),
          port: freePort,
          password,
          settings: { ...regionSettings, fsync: 'off', ...settings },
          ...(onLog ? { onLog } : {}),
          ...(process.env.REGION_LOG ? { onLog: (line: string) => console.error(name, line) } : {}),
        });
        await once(server.adminUrl, `create database ${regionDatabaseName}`);
        return [name, server] as const;
      }),
    );
    for (const [name, server] of started) regions.set(name, testRegion(name, server));
    bindRegionServers(
      started.map(([region, server]) => ({
        region,
        dsn: dsnOf(server),
        embedded: true,
        ...(server.process.pid === undefined ? {} : { pid: server.process.pid }),
      })),
    );
    for (const [name, { tenants = [] }] of Object.entries(wanted)) await seedRegionDatabase(name, tenants);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    region: name => {
      const found = regions.get(name);
      if (!found) throw new Error(`No test region ${name}.`);
      return found;
    },
    stop,
  };
}

const dsnOf = (server: EmbeddedPostgres): string => {
  const url = new URL(server.adminUrl);
  url.pathname = `/${regionDatabaseName}`;
  return url.toString();
};

function testRegion(name: string, server: EmbeddedPostgres): TestRegion {
  return {
    name,
    server,
    ...regionSql(name),
    asService: async (tenant, sql, values = []) => {
      const client = new pg.Client({ connectionString: dsnOf(server), connectionTimeoutMillis: 10_000 });
      client.on('error', () => {});
      await client.connect();
      try {
        await client.query('begin');
        await client.query(`set local role region_app`);
        await client.query("select set_config('app.tenant', $1, true)", [tenant]);
        const { rows } = await client.query(sql, values);
        await client.query('commit');
        return rows;
      } finally {
        await client.end().catch(() => {});
      }
    },
    freeze: () => freezeTree(server.process.pid ?? 0, true),
    thaw: () => freezeTree(server.process.pid ?? 0, false),
  };
}

async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
