import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { tenantSession } from './controls.ts';
import { createTenantInput } from './schema.ts';
import { createTenant } from './service.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
});
afterAll(() => bed.close());

const add = (id: string) =>
  createTenant(
    bed.system,
    createTenantInput.parse({ id, name: id, environment: 'staging', homeRegion: 'eu-west' }),
  );
const run = () => tenantSession.run(bed.system);

it('has nothing to say about one tenant, and passes where the database keeps two apart', async () => {
  await add('acme');
  expect((await run()).result).toBe('N/A');
  await add('rival');
  const { result, reason } = await run();
  expect(result).toBe('PASS');
  expect(Number(reason.split(' ')[0])).toBeGreaterThan(1);
});

it('lets a tenant read what is nobody’s where that is meant, and nothing of another there', async () => {
  const add = (id: string, tenant: string) =>
    bed.rows(`insert into policy (id, kind, tenant_id, scope, created_at, updated_at)
      values ('${id}', 'retention', ${tenant}, '{}', now(), now())`);
  await add('for-all', 'null');
  await add('for-acme', `'acme'`);
  await add('for-rival', `'rival'`);
  expect((await run()).result).toBe('PASS');
  await bed.rows('create policy leak on policy for select to atom_tenant using (true)');
  expect(await run()).toEqual({ result: 'FAIL', reason: 'Foreign rows were seen in: policy' });
  await bed.rows('drop policy leak on policy');
  expect((await run()).result).toBe('PASS');
});

it.each([
  [
    'a policy that lets everything through',
    'create policy leak on tenant for select to atom_tenant using (true)',
    'drop policy leak on tenant',
    'tenant',
  ],
  [
    'a ledger without its tenants’ policy',
    'alter table ledger_entry disable row level security',
    'alter table ledger_entry enable row level security',
    'ledger_entry',
  ],
  [
    'a view that reads with its owner’s rights',
    'create view all_tenants as select id as tenant_id from tenant; grant select on all_tenants to atom_tenant',
    'drop view all_tenants',
    'all_tenants',
  ],
])('fails with %s', async (_what, open, close, table) => {
  await bed.rows(open);
  expect(await run()).toEqual({ result: 'FAIL', reason: `Foreign rows were seen in: ${table}` });
  await bed.rows(close);
  expect((await run()).result).toBe('PASS');
});
