import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createCaller } from '#server/root.ts';

let bed: TestBed;
const operator = person('operator');
const base = { name: 'Acme', environment: 'staging' as const, homeRegion: 'eu-west' };

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await registerTestRegion(bed, { name: 'us-east', country: 'US' });
});
afterAll(() => bed.close());

const asOperator = (request = {}) => createCaller(bed.as(operator, request)).tenants;

describe('tenants', () => {
  it('creates a tenant with its ledger entry and notice in one commit', async () => {
    const made = await asOperator().create({ id: 'acme', ...base });
    expect(made).toMatchObject({
      id: 'acme',
      state: 'active',
      version: 1,
      simulated: false,
      tier: 'standard',
    });
    const [entry] = await bed.rows(
      "select type, actor, tenant_id, target, body from ledger_entry where target = 'tenant:acme'",
    );
    expect(entry).toMatchObject({ type: 'tenant.created', actor: 'user:user-operator', tenant_id: 'acme' });
    expect(JSON.parse(String((entry as { body: Buffer }).body))).toMatchObject({
      detail: { homeRegion: 'eu-west' },
      session: 'session-user-operator',
    });
    const [notice] = await bed.rows("select body from outbox where body->>'key' = 'acme'");
    expect(notice).toMatchObject({ body: { topic: 'tenants', tenantId: 'acme', type: 'tenant.created' } });
  });

  it('refuses a taken slug and leaves nothing behind', async () => {
    await asOperator().create({ id: 'twice', ...base });
    const before = await bed.rows('select count(*) from ledger_entry');
    await expect(asOperator().create({ id: 'twice', ...base })).rejects.toMatchObject({
      cause: { code: 'tenant.slug_taken' },
    });
    expect(await bed.rows('select count(*) from ledger_entry')).toEqual(before);
  });

  it.each([
    ['look-alike letters', { id: 'аcme' }],
    ['SQL', { id: "x'; drop table tenant; --" }],
    ['capital letters', { id: 'Acme' }],
    ['invisible characters', { id: 'ok1', name: 'A\u200bcme' }],
    ['an unknown field', { id: 'ok2', admin: true }],
    ['a wrong type', { id: 'ok3', monthlyBudget: 'lots' }],
    ['a budget below zero', { id: 'ok4', monthlyBudget: -1 }],
  ])('refuses %s by field, writing nothing', async (_what, wrong) => {
    const error = await asOperator()
      .create({ ...base, ...wrong } as never)
      .catch(e => e);
    expect(error.code).toBe('BAD_REQUEST');
    expect(await bed.rows('select id from tenant where id like $1', ['ok_'])).toEqual([]);
  });

  it('keeps markup as text', async () => {
    const name = '<script>alert(1)</script>';
    expect((await asOperator().create({ id: 'markup', ...base, name })).name).toBe(name);
  });

  it.each([
    [{ homeRegion: 'nowhere' }, 'homeRegion'],
    [{ allowedRegions: ['us-east'] }, 'homeRegion'],
    [{ allowedRegions: ['eu-west', 'mars'] }, 'allowedRegions'],
    [{ allowedCountries: ['DE'] }, 'homeRegion'],
  ])('refuses a residency that does not hold: %o', async (patch, field) => {
    const error = await asOperator()
      .create({ id: 'resident', ...base, ...patch })
      .catch(e => e);
    expect(error.cause).toMatchObject({ code: 'tenant.residency', details: { issues: [{ field }] } });
  });

  it('changes what differs, and refuses a stale edit with the current row', async () => {
    await asOperator().create({ id: 'edit', ...base });
    const edited = await asOperator().update({
      id: 'edit',
      version: 1,
      patch: { name: 'Edited', tier: 'standard' },
    });
    expect(edited).toMatchObject({ name: 'Edited', version: 2 });
    const [entry] = await bed.rows(
      "select body from ledger_entry where target = 'tenant:edit' and type = 'tenant.updated'",
    );
    expect(JSON.parse(String((entry as { body: Buffer }).body)).detail).toEqual({
      name: { from: 'Acme', to: 'Edited' },
    });
    const stale = await asOperator()
      .update({ id: 'edit', version: 1, patch: { name: 'Lost' } })
      .catch(e => e);
    expect(stale.cause).toMatchObject({ code: 'tenant.stale', details: { current: { name: 'Edited' } } });
    const same = await asOperator().update({ id: 'edit', version: 2, patch: { name: 'Edited' } });
    expect(same.version).toBe(2);
  });

  it('suspends with a reason, once', async () => {
    await asOperator().create({ id: 'pause', ...base });
    expect(await asOperator().suspend({ id: 'pause', reason: 'unpaid' })).toMatchObject({
      state: 'suspended',
    });
    await expect(asOperator().suspend({ id: 'pause', reason: 'unpaid' })).rejects.toMatchObject({
      cause: { code: 'tenant.state' },
    });
    expect(await asOperator().reinstate({ id: 'pause', reason: 'paid' })).toMatchObject({ state: 'active' });
  });

  it('spends an idempotency key once, also when both arrive together', async () => {
    const create = () => asOperator({ idempotencyKey: 'form-1' }).create({ id: 'once', ...base });
    const results = await Promise.allSettled([create(), create(), create()]);
    expect(results.some(r => r.status === 'fulfilled')).toBe(true);
    for (const r of results)
      if (r.status === 'rejected') expect(r.reason.cause.code).toBe('idempotency.in_progress');
    expect(await create()).toMatchObject({ id: 'once', version: 1 });
    expect(
      await bed.rows("select count(*)::int as n from ledger_entry where target = 'tenant:once'"),
    ).toEqual([{ n: 1 }]);
    const other = asOperator({ idempotencyKey: 'form-1' }).create({ id: 'other', ...base });
    await expect(other).rejects.toMatchObject({ cause: { code: 'idempotency.key_reused' } });
  });

  it('pages, sorts, searches and counts on the server', async () => {
    const page = await asOperator().list({ limit: 2, sort: 'id', dir: 'desc', total: true });
    expect(page.rows).toHaveLength(2);
    expect(page.nextOffset).toBe(2);
    expect(page.total).toBeGreaterThan(4);
    expect((await asOperator().list({ search: 'ac%e' })).rows).toEqual([]);
    expect((await asOperator().list({ search: 'ACME', sort: 'id' })).rows.map(r => r.id)).toContain('acme');
    expect((await asOperator().list({ state: ['suspended'] })).rows).toEqual([]);
  });
});

describe('who may', () => {
  it('lets readers read and refuses them writing, with an audit entry', async () => {
    const auditor = createCaller(bed.as(person('auditor', 'aud-1'))).tenants;
    expect((await auditor.list({})).rows.length).toBeGreaterThan(0);
    await expect(auditor.create({ id: 'nope', ...base })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(
      await bed.rows("select type, target from ledger_entry where actor = 'user:aud-1' order by id"),
    ).toEqual([
      { type: 'audit.read', target: 'resource:tenants.list' },
      { type: 'access.denied', target: 'procedure:tenants.create' },
    ]);
  });

  it('refuses a cookie request that did not come from our pages', async () => {
    const call = createCaller(bed.as(operator, { csrfSafe: false })).tenants.create({ id: 'csrf', ...base });
    await expect(call).rejects.toMatchObject({ cause: { code: 'auth.csrf' } });
  });

  it('shows a tenant itself and nothing of anybody else', async () => {
    const tenant = createCaller(bed.as(tenantCaller('acme'))).tenants;
    expect((await tenant.list({ total: true })).rows.map(r => r.id)).toEqual(['acme']);
    expect((await tenant.list({ total: true })).total).toBe(1);
    expect((await tenant.list({ search: 'twice' })).rows).toEqual([]);
    expect(Object.values((await tenant.facets()).state)).toEqual([1]);
    await expect(tenant.get({ id: 'twice' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('limits the anonymous simulation principal to simulated, non-production tenants', async () => {
    const anyone = createCaller(bed.as(simulationPrincipal)).tenants;
    const made = await anyone.create({ id: 'sim', ...base });
    expect(made.simulated).toBe(true);
    await expect(anyone.create({ id: 'prod', ...base, environment: 'production' })).rejects.toMatchObject({
      cause: { code: 'tenant.simulation_only' },
    });
    await expect(anyone.get({ id: 'acme' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(anyone.suspend({ id: 'acme', reason: 'because' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await anyone.list({})).rows.map(r => r.id)).toEqual(['sim']);
  });
});
