import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { env } from '../env/env.ts';
import type { RegionDatabase } from './database-kinds.ts';

/** A Postgres server that holds a region's data; never the one with the console's own state. */
export interface RegionServer {
  region: string;
  /** With credentials: for this process only. */
  dsn: string;
  /** Brought by the supervisor: a real engine with demo data. */
  embedded: boolean;
  /** The postmaster of an embedded server, so that a practice can pause it. */
  pid?: number;
}

export const embeddedRegions = ['eu-west', 'us-east'] as const;
export const regionDatabaseName = 'region';
export const regionFolder = (): string => join(env().home, 'regions');
export const regionPassword = (region: string): string =>
  env().secret(`region-postgres:${region}`).toString('base64url');
/** Of the login with which a subscriber of this installation reads from an embedded region. */
export const replicationPassword = (region: string): string =>
  env().secret(`region-replication:${region}`).toString('base64url');
const noteFile = (): string => join(regionFolder(), 'servers.json');

const note = z.array(z.object({ region: z.string(), port: z.int(), pid: z.int() }));

/** What the supervisor writes once the servers answer. No credentials: each process derives them. */
export const regionNote = { path: noteFile, schema: note };

let bound: readonly RegionServer[] | null = null;
/** Names the servers instead of the environment and the supervisor's note; null goes back to those. */
export const bindRegionServers = (servers: readonly RegionServer[] | null): void => {
  bound = servers;
};

export function regionServers(): RegionServer[] {
  if (bound) return [...bound];
  const given = givenServers();
  const names = new Set(given.map(server => server.region));
  return [...given, ...embeddedServers().filter(server => !names.has(server.region))];
}

export const regionServer = (region: string): RegionServer | undefined =>
  regionServers().find(server => server.region === region);

/** For many regions at once; the servers are looked up one time. `simulated` is what the region was registered as. */
export function regionDatabasesOf(): (region: { id: string; simulated: boolean }) => RegionDatabase {
  const servers = new Map(regionServers().map(server => [server.region, server]));
  return ({ id, simulated }) => {
    const server = servers.get(id);
    if (server) return server.embedded ? 'embedded' : 'own';
    return simulated ? 'simulated' : 'unconnected';
  };
}

/**
 * The operator's own, in the order of the regions' names: one DSN is the replica of the embedded primary, two or more
 * begin with the primary.
 */
export function givenServers(): RegionServer[] {
  const list = (env().given('POSTGRES_REPLICA_DSNS') ?? '').split(',').map(text => text.trim());
  const dsns = list.filter(Boolean);
  if (dsns.length === 0) return [];
  const [first, second] = embeddedRegions;
  const primary = env().vars.PRIMARY_REGION ?? first;
  const others = (env().vars.SECONDARY_REGIONS ?? second)
    .split(',')
    .map(text => text.trim())
    .filter(Boolean);
  const names = dsns.length === 1 ? others : [primary, ...others];
  return dsns.map((dsn, i) => ({ region: names[i] ?? `replica-${i + 1}`, dsn, embedded: false }));
}

function embeddedServers(): RegionServer[] {
  if (!existsSync(noteFile())) return [];
  const parsed = note.safeParse(JSON.parse(readFileSync(noteFile(), 'utf8')));
  if (!parsed.success) return [];
  return parsed.data.map(({ region, port, pid }) => ({
    region,
    dsn: `postgresql://postgres:${encodeURIComponent(regionPassword(region))}@127.0.0.1:${port}/${regionDatabaseName}`,
    embedded: true,
    pid,
  }));
}

/** With which login a subscriber reads from a region: its own role where the server is ours, else the operator's. */
export function replicationLogin(region: string): { name: string; conninfo: string } | null {
  const server = regionServer(region);
  if (!server) return null;
  const url = new URL(server.dsn);
  const name = server.embedded ? 'atom_replication' : decodeURIComponent(url.username);
  const password = server.embedded ? replicationPassword(region) : decodeURIComponent(url.password);
  const parts = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || '5432',
    dbname: decodeURIComponent(url.pathname.slice(1)),
    user: name,
    password,
    connect_timeout: '3',
    ...(url.searchParams.has('sslmode') ? { sslmode: url.searchParams.get('sslmode') ?? '' } : {}),
  };
  const conninfo = Object.entries(parts)
    .map(([key, value]) => `${key}='${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
    .join(' ');
  return { name, conninfo };
}
