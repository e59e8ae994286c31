import type { AnyProcedure } from '@trpc/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous, type Principal } from '#kernel/auth/principal.ts';
import { holdersOf, holds } from '#kernel/authz/authz.ts';
import { roles } from '#kernel/authz/permission.ts';
import type { ProcedureMeta } from '#kernel/trpc/init.ts';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { appRouter, createCaller } from './root.ts';
import { systems } from './systems.ts';

let bed: TestBed;
const idOf = (role: string) => `00000000-0000-7000-8000-00000000000${roles.indexOf(role as never)}`;

beforeAll(async () => {
  bed = await testBed();
  for (const role of roles)
    await bed.rows(
      `insert into "user" (id, name, display_name, roles, password_hash, created_at, updated_at) values ($1, $2, $2, array[$2], '-', now(), now())`,
      [idOf(role), role],
    );
});
afterAll(() => bed.close());

const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, AnyProcedure>).map(
  ([path, p]) => {
    const def = p._def as unknown as { type: string; meta?: ProcedureMeta };
    return { path, type: def.type, meta: def.meta };
  },
);

describe('every procedure', () => {
  it.each(procedures)('$path declares its permission, and a command its audit events', ({ type, meta }) => {
    expect(meta?.permission).toMatch(/^[a-z]+:[a-z]+$/);
    expect(holdersOf(meta?.permission ?? 'x:y').length).toBeGreaterThan(0);
    expect(meta?.kind).toBe(type === 'mutation' ? 'command' : 'read');
    if (type === 'mutation') expect(meta?.audit).toMatch(/^[a-z]+\.[a-z_]+/);
  });
  it('belongs to a system of the table', () => {
    const keys = new Set([...systems.map(s => s.key), 'live']);
    for (const { path } of procedures) expect(keys).toContain(path.split('.')[0]);
  });
  it('that only protects, and so goes on while the ledger is not being signed, is one of these', () => {
    const protecting = procedures.filter(({ meta }) => meta?.protects);
    expect(protecting.map(({ path }) => path).sort()).toEqual([
      'identity.suspend',
      'keys.revoke',
      'relays.revoke',
      'sessions.revokeAny',
      'tokens.revoke',
      'tokens.rotateKey',
      'trust.revoke',
    ]);
    for (const { meta } of protecting) expect(meta?.risk).toBeUndefined();
  });
  it('has a REST path of its own', () => {
    const paths = procedures.flatMap(({ meta }) =>
      meta?.openapi ? [`${meta.openapi.method} ${meta.openapi.path}`] : [],
    );
    expect(new Set(paths).size).toBe(paths.length);
  });
});

const callers: [string, Principal][] = [
  ...roles.map((role): [string, Principal] => [
    role,
    {
      ...person(role, idOf(role)),
      sessionId: idOf(role),
      mfaAt: new Date('2026-01-01'),
      mfaEnrolled: true,
    },
  ]),
  ['guest', { ...person('operator', idOf('operator')), sessionId: idOf('operator'), holders: ['guest'] }],
  ['tenant', tenantCaller('acme')],
  ['simulation', simulationPrincipal],
  ['anonymous', anonymous],
];

/** What comes back for an input that is wrong on purpose: the refusal must come before the input is looked at. */
async function outcome(path: string, who: Principal): Promise<string> {
  const [key = '', name = ''] = path.split('.');
  const caller = createCaller(bed.as(who)) as unknown as Record<
    string,
    Record<string, (input: unknown) => Promise<unknown>>
  >;
  try {
    await caller[key]?.[name]?.({ '\u0000wrong': true });
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('authorisation matrix: every procedure × every kind of caller', () => {
  const cases = procedures
    .filter(p => p.type !== 'subscription')
    .flatMap(p =>
      callers.map(([name, who]) => ({ path: p.path, name, who, permission: p.meta?.permission ?? 'x:y' })),
    );
  it.each(cases)('$path as $name', async ({ path, who, permission }) => {
    const allowed = holds(who.holders, permission);
    const code = await outcome(path, who);
    if (allowed)
      expect([
        'ok',
        'BAD_REQUEST',
        'NOT_FOUND',
        'CONFLICT',
        'UNPROCESSABLE_CONTENT',
        'UNAUTHORIZED',
        'FORBIDDEN',
      ]).toContain(code);
    else expect(code).toBe(who.kind === 'anonymous' ? 'UNAUTHORIZED' : 'FORBIDDEN');
    if (allowed && who.holders.includes('admin')) expect(code).not.toBe('FORBIDDEN');
  });
});

describe('the builder', () => {
  it('gives no one a permission that no system declared', () => {
    expect(() => holds(['admin'], 'nothing:declared')).toThrow(/not declared/);
  });
});
