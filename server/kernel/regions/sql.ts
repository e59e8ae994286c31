import pg from 'pg';
import { typeParsers } from '../db/types.ts';
import { log } from '../log/log.ts';
import { regionServer } from './servers.ts';

/** What a region's server said, or did not say. Never carries a DSN. */
export class RegionUnreachable extends Error {
  readonly region: string;
  constructor(region: string, why: string) {
    super(`The database of region ${region} does not answer: ${why}`);
    this.name = 'RegionUnreachable';
    this.region = region;
  }
}

export type Rows<Row = Record<string, unknown>> = Promise<Row[]>;

export interface RegionSql {
  query<Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Rows<Row>;
}

const connectMs = 2_000;
const pools = new Map<string, pg.Pool>();

function poolOf(region: string, timeoutMs: number): pg.Pool {
  const server = regionServer(region);
  if (!server) throw new RegionUnreachable(region, 'none is connected');
  const key = `${timeoutMs} ${server.dsn}`;
  const known = pools.get(key);
  if (known) return known;
  const made = new pg.Pool({
    connectionString: server.dsn,
    max: 4,
    connectionTimeoutMillis: connectMs,
    // Of this side: a server that is paused never tells that its own statement timed out.
    query_timeout: timeoutMs,
    idleTimeoutMillis: 20_000,
    application_name: 'atom region',
    types: typeParsers,
    options: '-c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c extra_float_digits=1',
  });
  made.on('error', error => log().debug({ event: 'region.connection_lost', region, error: error.message }));
  made.on('connect', client => client.on('error', () => {}));
  pools.set(key, made);
  return made;
}

/** Statements on a region's database, each its own; `session` keeps one connection for several. */
export function regionSql(region: string, timeoutMs = 10_000): RegionSql {
  return {
    query: async <Row>(sql: string, values: readonly unknown[] = []) => {
      try {
        return (await poolOf(region, timeoutMs).query(sql, [...values])).rows as Row[];
      } catch (error) {
        throw asRegionError(region, error);
      }
    },
  };
}

export async function regionSession<T>(
  region: string,
  use: (sql: RegionSql) => Promise<T>,
  timeoutMs = 10_000,
): Promise<T> {
  let client: pg.PoolClient;
  try {
    client = await poolOf(region, timeoutMs).connect();
  } catch (error) {
    throw asRegionError(region, error);
  }
  let failed: unknown;
  try {
    return await use({
      query: async <Row>(sql: string, values: readonly unknown[] = []) => {
        try {
          return (await client.query(sql, [...values])).rows as Row[];
        } catch (error) {
          throw asRegionError(region, error);
        }
      },
    });
  } catch (error) {
    failed = error;
    throw error;
  } finally {
    // What a failed session left open (a role, a transaction) must not reach whoever comes next.
    client.release(failed !== undefined);
  }
}

/**
 * An answer with an SQLSTATE comes from a server that lives; everything else means that it was not heard. 08001 is such an
 * answer: it says that the server itself could not reach another one.
 */
function asRegionError(region: string, error: unknown): unknown {
  if (error instanceof RegionUnreachable) return error;
  const code = (error as { code?: unknown }).code;
  const lives =
    error instanceof pg.DatabaseError && typeof code === 'string' && !/^(57P0|08(?!001))/.test(code);
  return lives
    ? error
    : new RegionUnreachable(region, error instanceof Error ? error.message : String(error));
}

export const quoteName = (name: string): string => pg.escapeIdentifier(name);
export const quoteText = (text: string): string => pg.escapeLiteral(text);

export async function closeRegionPools(): Promise<void> {
  const open = [...pools.values()];
  pools.clear();
  await Promise.allSettled(open.map(pool => pool.end()));
}
