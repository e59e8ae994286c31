import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '#kernel/auth/principal.ts';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createCaller } from '#server/root.ts';
import { createTenantInput } from './schema.ts';
import { createTenant } from './service.ts';

let bed: TestBed;
let round = 0;
let ids: string[] = [];
const reason = 'contract ended';

const tenants = (who: Principal = person('operator'), request = {}) =>
  createCaller(bed.as(who, request)).tenants;
const entries = (type: string) =>
  bed.rows<{ target: string }>('select target from ledger_entry where type = $1 and target = any ($2)', [
    type,
    ids.map(id => `tenant:${id}`),
  ]);

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await registerTestRegion(bed, { name: 'us-east', country: 'US' });
});
afterAll(() => bed.close());
beforeEach(async () => {
  round++;
  ids = ['a', 'b', 'c'].map(letter => `r${round}-${letter}`);
  for (const [at, id] of ids.entries())
    await createTenant(
      bed.system,
      createTenantInput.parse({
        id,
        name: `Round ${round} ${id}`,
        environment: 'staging',
        homeRegion: at === 2 ? 'us-east' : 'eu-west',
      }),
    );
});

describe('several tenants at once', () => {
  it('each get an entry of their own', async () => {
    const done = await tenants().changeStates({ ids, to: 'suspended', reason });
    expect(done).toEqual({ changed: ids, already: [], failed: [] });
    expect((await entries('tenant.suspended')).map(e => e.target).sort()).toEqual(
      ids.map(id => `tenant:${id}`),
    );
    expect((await tenants().get({ id: ids[0] ?? '' })).state).toBe('suspended');
  });

  it('fail one by one: what is missing is named, the others are changed', async () => {
    const [first = '', second = ''] = ids;
    await tenants().suspend({ id: second, reason });
    const done = await tenants().changeStates({ ids: [first, second, 'nobody'], to: 'suspended', reason });
    expect(done).toMatchObject({
      changed: [first],
      already: [second],
      failed: [{ id: 'nobody', code: 'tenant.not_found' }],
    });
  });

  it('leave out a production tenant, for which others have to agree', async () => {
    const id = `r${round}-production`;
    const [first = ''] = ids;
    const given = { id, name: id, environment: 'production', homeRegion: 'eu-west' };
    await createTenant(bed.system, createTenantInput.parse(given));
    const done = await tenants().changeStates({ ids: [id, first], to: 'suspended', reason });
    expect(done).toMatchObject({ changed: [first], failed: [{ id, code: 'tenant.needs_approval' }] });
    expect((await tenants().get({ id })).state).toBe('active');
  });

  it('are written once when the request comes twice, with a key and without', async () => {
    const request = { idempotencyKey: `key-${round}` };
    const input = { ids, to: 'suspended' as const, reason };
    const answers = [
      await tenants(undefined, request).changeStates(input),
      await tenants(undefined, request).changeStates(input),
    ];
    expect(answers[1]).toEqual(answers[0]);
    expect(await tenants().changeStates(input)).toEqual({ changed: [], already: ids, failed: [] });
    expect(await entries('tenant.suspended')).toHaveLength(3);
  });

  it('are refused whole without the permission, and when the request is wrong', async () => {
    const input = { ids, to: 'suspended' as const, reason };
    await expect(tenants(person('auditor')).changeStates(input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(tenants(tenantCaller(ids[0] ?? '')).changeStates(input)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    for (const wrong of [
      { ...input, ids: [] },
      { ...input, ids: [ids[0] ?? '', ids[0] ?? ''] },
      { ...input, ids: Array.from({ length: 101 }, (_, i) => `t${i}`) },
      { ...input, reason: ' ' },
      { ...input, to: 'deleted' as never },
    ])
      await expect(tenants().changeStates(wrong)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await entries('tenant.suspended')).toEqual([]);
  });

  it('stay out of reach of whoever may not see them', async () => {
    const done = await tenants(simulationPrincipal).changeStates({ ids, to: 'suspended', reason });
    expect(done.changed).toEqual([]);
    expect(done.failed.map(f => f.code)).toEqual(ids.map(() => 'tenant.not_found'));
  });
});

describe('all that match', () => {
  it('are walked by slug without end and without repeats', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await tenants().matching({
        search: `Round ${round} `,
        limit: 2,
        ...(after === undefined ? {} : { after }),
      });
      seen.push(...page.ids);
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(ids);
  });

  it('are the ones that the list counts', async () => {
    const filter = { search: `Round ${round} `, environment: ['staging' as const], region: ['eu-west'] };
    const { total } = await tenants().list({ ...filter, total: true });
    expect((await tenants().matching(filter)).ids).toHaveLength(total ?? -1);
    expect(total).toBe(2);
  });

  it('are one’s own for a tenant', async () => {
    const own = ids[0] ?? '';
    expect((await tenants(tenantCaller(own)).matching({})).ids).toEqual([own]);
  });
});

it('the scope narrows the list and its figures alike', async () => {
  const [first = ''] = ids;
  expect((await tenants().list({ id: [first], total: true })).total).toBe(1);
  expect((await tenants().list({ id: [], total: true })).total).toBe(0);
  expect((await tenants().facets({ id: [first] })).environment).toEqual({ staging: 1 });
  const us = await tenants().facets({ region: ['us-east'] });
  expect(Object.keys(us.region)).toEqual(['us-east']);
});
