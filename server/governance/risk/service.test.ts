import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { hasScore, seedRules, seedScore } from './service.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const [id, environment] of [
    ['t1', 'simulation'],
    ['other', 'simulation'],
    ['real', 'production'],
  ] as const)
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment, homeRegion: 'eu-west' }),
    );
  await seedRules(bed.system);
});
afterAll(() => bed.close());

const as = (who: Parameters<TestBed['as']>[0]) => createCaller(bed.as(who)).risks;

describe('scores', () => {
  it('are there from the first start, under a name that stays', async () => {
    expect(await hasScore(bed.system, 't1', 'r1')).toBe(false);
    await seedScore(bed.system, 't1', 'r1');
    expect(await hasScore(bed.system, 't1', 'r1')).toBe(true);
    expect(await as(simulationPrincipal).get({ tenantId: 't1', id: 'r1' })).toMatchObject({
      id: 'r1',
      tenantId: 't1',
      level: 'low',
      stale: false,
      probability: null,
    });
    bed.clock.advance(121_000);
    expect((await as(person('operator')).get({ tenantId: 't1', id: 'r1' })).stale).toBe(true);
    expect((await as(person('operator')).latest({ tenant_id: 't1' })).stale).toBe(false);
  });

  it('cannot be changed afterwards', async () => {
    await expect(bed.rows("update governance_risks set security = 1 where id = 'r1'")).rejects.toThrow(
      /append-only/,
    );
  });

  it.each([
    ['an unknown tenant', () => as(person('operator')).latest({ tenant_id: 'nobody' })],
    ['an unknown score', () => as(person('operator')).get({ tenantId: 't1', id: 'r9' })],
    ['another tenant', () => as(tenantCaller('other')).get({ tenantId: 't1', id: 'r1' })],
    [
      'production, for whoever has not signed in',
      () => as(simulationPrincipal).latest({ tenant_id: 'real' }),
    ],
  ])('are not found for %s', async (_what, ask) => {
    await expect(ask()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are read by a tenant itself', async () => {
    expect(await as(tenantCaller('t1')).latest({ tenant_id: 't1' })).toMatchObject({ tenantId: 't1' });
    expect((await as(tenantCaller('t1')).overview()).rows.map(row => row.tenantId)).toEqual(['t1']);
  });
});

describe('rules', () => {
  const definition = {
    title: 'Batteries run low',
    dimension: 'reliability' as const,
    points: 30,
    alert: 'medium' as const,
    when: {
      kind: 'events' as const,
      names: ['battery*'],
      minSeverity: 'medium' as const,
      atLeast: 2,
      withinMinutes: 10,
    },
  };
  const operator = () => as(person('operator'));

  it('are kept in every version, and each change is in the ledger', async () => {
    const made = await operator().saveRule({ id: 'battery', version: 0, enabled: true, definition });
    expect(made.version).toBe(1);
    const changed = await operator().saveRule({ id: 'battery', version: 1, enabled: false, definition });
    expect(changed).toMatchObject({ version: 2, enabled: false });
    expect((await operator().ruleVersions({ id: 'battery' })).rows.map(r => [r.version, r.enabled])).toEqual([
      [2, false],
      [1, true],
    ]);
    expect(
      (
        await bed.rows<{ type: string }>(
          "select type from ledger_entry where target = 'rule:battery' order by id",
        )
      ).map(e => e.type),
    ).toEqual(['rule.created', 'rule.changed']);
    await expect(bed.rows('delete from risk_rule_version')).rejects.toThrow(/append-only/);
  });

  it('are not changed from an old copy, nor made twice, nor written for nothing', async () => {
    await expect(
      operator().saveRule({ id: 'battery', version: 1, enabled: true, definition }),
    ).rejects.toMatchObject({
      cause: { code: 'rule.stale' },
    });
    await expect(
      operator().saveRule({ id: 'battery', version: 0, enabled: true, definition }),
    ).rejects.toMatchObject({
      cause: { code: 'rule.taken' },
    });
    const same = await operator().saveRule({ id: 'battery', version: 2, enabled: false, definition });
    expect(same.version).toBe(2);
  });

  it('are changed by nobody who only looks', async () => {
    for (const who of [person('auditor'), person('approver'), tenantCaller('t1'), simulationPrincipal])
      await expect(
        as(who).saveRule({ id: 'battery', version: 2, enabled: true, definition }),
      ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
