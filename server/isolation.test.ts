import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePrincipal } from '#kernel/auth/gate.ts';
import type { Principal } from '#kernel/auth/principal.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { portServer } from '#workers/ports.ts';
import { exportList } from './export.ts';
import { createTenantInput } from './federation/tenants/schema.ts';
import { createTenant } from './federation/tenants/service.ts';
import { createCaller } from './root.ts';
import { systems } from './systems.ts';

let bed: TestBed;
let token: string;
let acme: Principal;

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['acme', 'secret-rival'])
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment: 'staging', homeRegion: 'eu-west' }),
    );
  const admin = createCaller(
    bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }),
  ).tokens;
  token = (await admin.tenant({ tenantId: 'acme', minutes: 60 })).token;
  acme = await resolvePrincipal(
    { authorization: `Bearer ${token}` },
    { database: bed.database, clock: bed.clock },
  );
});
afterAll(() => bed.close());

const caller = () => createCaller(bed.as(acme));
const clean = (value: unknown) => expect(JSON.stringify(value)).not.toContain('secret-rival');

describe('a tenant looks for another tenant', () => {
  it('by id, list, search, facet, sort, count', async () => {
    await expect(caller().tenants.get({ id: 'secret-rival' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const input of [
      {},
      { search: 'secret' },
      { search: '%' },
      { sort: 'id' as const, dir: 'desc' as const },
      { region: ['eu-west'] },
      { offset: 1 },
    ]) {
      const page = await caller().tenants.list({ ...input, total: true });
      clean(page);
      expect(page.total).toBeLessThanOrEqual(1);
    }
    expect((await caller().tenants.facets()).region).toEqual({ 'eu-west': 1 });
  });

  it('in the ledger', async () => {
    const entries = await caller().audits.list({ limit: 200, routine: true });
    clean(entries);
    expect(entries.rows.length).toBeGreaterThan(0);
    expect((await caller().audits.list({ target: 'tenant:secret-rival' })).rows).toEqual([]);
  });

  it('in exports', async () => {
    for (const format of ['csv', 'json']) {
      const response = await exportList(
        bed.as(acme),
        'tenants',
        new URLSearchParams({ format, input: '{"search":"r"}' }),
      );
      clean(await response.text());
    }
    expect((await exportList(bed.as(acme), 'regions', new URLSearchParams())).status).toBe(403);
    expect((await exportList(bed.as(acme), '__proto__', new URLSearchParams())).status).toBe(400);
  });

  it('over REST', async () => {
    const server = portServer(systems.find(s => s.key === 'tenants') ?? expect.fail(), bed);
    const get = (url: string, headers = {}) =>
      server.inject({ url, headers: { host: 'localhost', authorization: `Bearer ${token}`, ...headers } });
    for (const path of ['/tenants', '/tenants?search=secret', '/tenants?total=true', '/tenants?offset=1'])
      clean((await get(path)).body);
    expect((await get('/tenants/secret-rival')).statusCode).toBe(404);
    const patch = await server.inject({
      method: 'PATCH',
      url: '/tenants/secret-rival',
      headers: { host: 'localhost', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      payload: '{"version":1,"patch":{"name":"x"}}',
    });
    expect(patch.statusCode).toBe(403);
    await server.close();
  });

  it('in the live stream', async () => {
    const stream = await caller().live.events();
    const seen: unknown[] = [];
    const opened = Promise.withResolvers<void>();
    const reading = (async () => {
      for await (const event of stream) {
        seen.push(event);
        opened.resolve();
        if (JSON.stringify(event).includes('acme')) return;
      }
    })();
    await opened.promise; // it tells of what comes after its greeting
    const operator = createCaller(bed.as(person('operator'))).tenants;
    await operator.suspend({ id: 'secret-rival', reason: 'probe' });
    await operator.update({ id: 'acme', version: 1, patch: { tier: 'premium' } });
    await createDispatcher(bed.database.pool('atom_owner')).step();
    await reading;
    clean(seen);
    expect(seen.length).toBe(2); // the greeting, and the change of its own
  });

  it('by SQL of its own, as the role it runs under', async () => {
    const client = await bed.database.pool('atom_tenant').connect();
    try {
      await client.query("begin; select set_config('app.tenant', 'acme', true)");
      expect((await client.query('select id from tenant')).rows).toEqual([{ id: 'acme' }]);
      expect((await client.query("update tenant set name = 'x' where id = 'secret-rival'")).rowCount).toBe(0);
      await expect(
        client.query(
          "insert into tenant (id, name, environment, tier, home_region, created_at, updated_at) values ('planted', 'x', 'staging', 'free', 'eu-west', now(), now())",
        ),
      ).rejects.toThrow(/row-level security/);
    } finally {
      await client.query('rollback').catch(() => {});
      client.release();
    }
    expect((await bed.database.pool('atom_tenant').query('select id from tenant')).rows).toEqual([]);
  });
});

it('an export carries every page, with the filter of the list', async () => {
  for (let i = 0; i < 3; i++)
    await createTenant(
      bed.system,
      createTenantInput.parse({
        id: `bulk-${i}`,
        name: '=cmd()',
        environment: 'staging',
        homeRegion: 'eu-west',
      }),
    );
  const csv = await (
    await exportList(
      bed.as(person('operator')),
      'tenants',
      new URLSearchParams({ input: '{"search":"bulk"}' }),
    )
  ).text();
  const lines = csv.trim().split('\r\n');
  expect(lines[0]).toContain('id,name,state');
  expect(lines).toHaveLength(4);
  expect(csv).toContain("'=cmd()");
});
