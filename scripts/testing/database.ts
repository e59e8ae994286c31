import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Principal, simulationPrincipal } from '#kernel/auth/principal.ts';
import type { Role } from '#kernel/authz/permission.ts';
import { type FakeClock, fakeClock } from '#kernel/clock/clock.ts';
import { type Database, openDatabase } from '#kernel/db/database.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { RequestContext, RequestInfo } from '#kernel/trpc/context.ts';

export interface TestBed {
  database: Database;
  clock: FakeClock;
  adminUrl: string;
  /** A caller of the given kind. */
  as(who: Principal, request?: Partial<RequestInfo>): RequestContext;
  system: ReturnType<typeof systemContext>;
  rows<Row = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** A real database of its own, copied from the migrated template. */
export async function testBed(): Promise<TestBed> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const admin = inject('adminUrl');
  await adminQuery(admin, `create database ${name} template template_atom owner atom_owner`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  const database = openDatabase(url.toString());
  const clock = fakeClock();
  return {
    database,
    clock,
    adminUrl: url.toString(),
    system: systemContext('test', database, clock),
    as: (principal, request = {}) => ({
      principal,
      database,
      clock,
      request: { channel: 'test', ip: '127.0.0.1', csrfSafe: true, ...request },
    }),
    rows: async (sql, values = []) => (await database.pool('atom_owner').query(sql, values)).rows as never,
    close: async () => {
      await database.close();
      await adminQuery(admin, `drop database ${name} with (force)`);
    },
  };
}

/** The same database; `then` happens once its so-many-th write is there. */
export function afterWrites(database: Database, writes: number, then: () => void): Database {
  let left = writes;
  return {
    ...database,
    write: async (scope, use) => {
      const result = await database.write(scope, use);
      left -= 1;
      if (left === 0) then();
      return result;
    },
  };
}

async function adminQuery(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export const person = (role: Role, id = `user-${role}`): Principal => ({
  kind: 'user',
  id,
  name: role,
  holders: [role],
  sessionId: `session-${id}`,
});

export const tenantCaller = (tenantId: string): Principal => ({
  kind: 'tenant',
  id: tenantId,
  name: tenantId,
  holders: ['tenant'],
  tenantId,
});

export { simulationPrincipal };
