import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { log } from '../log/log.ts';
import { roleUrl } from './bootstrap.ts';
import { type Prisma, PrismaClient } from './generated/client.ts';
import { type DatabaseRole, schemaName } from './names.ts';
import type { Scope } from './scope.ts';
import { typeParsers } from './types.ts';

export type Tx = Prisma.TransactionClient;

/** What kysely's `compile()` gives, or hand-written SQL; `name` makes it a prepared statement. */
export interface Query<Row = unknown> {
  sql: string;
  parameters: readonly unknown[];
  name?: string;
  /** Carries the row type only. */
  readonly row?: Row;
}

/** Read-only by type: stores of lists and details take this. */
export interface ReadDb {
  readonly scope: Scope;
  query<Row>(query: Query<Row>): Promise<Row[]>;
  one<Row>(query: Query<Row>): Promise<Row | null>;
}

export interface Database {
  read(scope: Scope): ReadDb;
  /** One short transaction; nothing inside may wait for the network or for a person. */
  write<T>(scope: Scope, use: (tx: Tx) => Promise<T>): Promise<T>;
  /** Connections that are kept while something is held, so that none is missing to what is done meanwhile. */
  holds(): pg.Pool;
  /** Raw pool, for the kernel's own loops and for bulk paths. */
  pool(role: DatabaseRole): pg.Pool;
  url(role: DatabaseRole): string;
  close(): Promise<void>;
}

const sizes: Partial<Record<DatabaseRole, number>> = { atom_app: 12, atom_tenant: 8, atom_owner: 8 };
/** Few at once as a rule; each is a connection that does nothing else. */
const mostHolds = 24;

export function openDatabase(dsn: string): Database {
  const pools = new Map<DatabaseRole | 'holds', pg.Pool>();
  const clients = new Map<DatabaseRole, PrismaClient>();
  const url = (role: DatabaseRole) => roleUrl(dsn, role);
  const poolOf = (name: DatabaseRole | 'holds', role: DatabaseRole, max: number) => {
    const known = pools.get(name);
    if (known) return known;
    const made = new pg.Pool({
      connectionString: url(role),
      max,
      connectionTimeoutMillis: 5000,
      idleTimeoutMillis: 30_000,
      application_name: `atom ${role}`,
      types: typeParsers,
    });
    // Without a listener the loss of an idle connection would end the process; the pool reconnects by itself.
    made.on('error', error => log().warn({ event: 'db.connection_lost', role, error: error.message }));
    made.on('connect', client => client.on('error', () => {})); // reported once, by the pool
    pools.set(name, made);
    return made;
  };
  const pool = (role: DatabaseRole) => poolOf(role, role, sizes[role] ?? 4);
  const prisma = (role: DatabaseRole) => {
    const known = clients.get(role);
    if (known) return known;
    const made = new PrismaClient({ adapter: new PrismaPg(pool(role), { schema: schemaName }) });
    clients.set(role, made);
    return made;
  };
  return {
    pool,
    holds: () => poolOf('holds', 'atom_app', mostHolds),
    url,
    read: scope => reader(scope, pool(scope.role)),
    write: (scope, use) =>
      prisma(scope.role).$transaction(
        async tx => {
          if (scope.tenantId !== undefined)
            await tx.$executeRaw`select set_config('app.tenant', ${scope.tenantId}, true)`;
          return use(tx);
        },
        { maxWait: 5000, timeout: 10_000 },
      ),
    close: async () => {
      await Promise.all([...clients.values()].map(client => client.$disconnect()));
      await Promise.all([...pools.values()].map(p => p.end()));
    },
  };
}

function reader(scope: Scope, pool: pg.Pool): ReadDb {
  const query = async <Row>(q: Query<Row>): Promise<Row[]> => {
    const statement = { text: q.sql, values: [...q.parameters], ...(q.name ? { name: q.name } : {}) };
    // An auditor may call the functions that note a read; a statement that only looks cannot even do that.
    const guarded = scope.tenantId !== undefined || scope.role === 'atom_auditor';
    if (!guarded) return (await pool.query(statement)).rows as Row[];
    const client = await pool.connect();
    try {
      await client.query(
        scope.tenantId === undefined
          ? 'begin read only'
          : `begin read only; select set_config('app.tenant', ${pg.escapeLiteral(scope.tenantId)}, true)`,
      );
      const { rows } = await client.query(statement);
      await client.query('commit');
      return rows as Row[];
    } catch (error) {
      await client.query('rollback').catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  };
  return { scope, query, one: async q => (await query(q))[0] ?? null };
}

let shared: Database | undefined;

/** The process-wide database; tests open their own. */
export function database(dsn: string): Database {
  shared ??= openDatabase(dsn);
  return shared;
}
