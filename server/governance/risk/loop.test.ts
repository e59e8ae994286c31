import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { ingestEvents } from '#server/governance/observability/service.ts';
import { createCaller } from '#server/root.ts';
import { scoreDue } from './service/loop.ts';
import { openIncidents, seedRules } from './service.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['t1', 't2', 't3', 't4'])
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment: 'simulation', homeRegion: 'eu-west' }),
    );
  await seedRules(bed.system);
});
afterAll(() => bed.close());

const risks = (who = person('operator')) => createCaller(bed.as(who)).risks;
const send = (tenant_id: string, event: string, more: Record<string, unknown> = {}) =>
  ingestEvents(bed.system, 'http', [{ tenant_id, event, severity: 'high', ...more }]);
const incidents = (tenant: string) => openIncidents(bed.system, tenant);

describe('an event that was just taken', () => {
  it('shows in the score at once, before any round, with its id', async () => {
    await scoreDue(bed.system);
    const before = await risks(simulationPrincipal).latest({ tenant_id: 't1' });
    expect(before).toMatchObject({ level: 'low', overall: 0, stale: false });
    bed.clock.advance(10_000);
    const { ids } = await send('t1', 'cpu_spike', { service: 'service-x' });
    const after = await risks(simulationPrincipal).latest({ tenant_id: 't1' });
    expect(after.scores.performance).toBeGreaterThan(before.scores.performance);
    expect(after.id).toBe('live');
    expect(after.contributions[0]).toMatchObject({
      dimension: 'performance',
      feature: 'rule:load-high',
      eventIds: ids,
    });
    expect((await risks().latest({ tenant_id: 't1', service: 'service-x' })).scores.performance).toBe(
      after.scores.performance,
    );
    expect((await risks().latest({ tenant_id: 't1', service: 'service-y' })).overall).toBe(0);
    expect((await risks().get({ tenantId: 't1', id: 'live' })).overall).toBe(after.overall);
  });

  it('is kept by the next round, once, and fades with time', async () => {
    expect(await scoreDue(bed.system)).toBeGreaterThan(0);
    const kept = await risks().latest({ tenant_id: 't1' });
    expect(kept.id).not.toBe('live');
    expect(await risks().get({ tenantId: 't1', id: kept.id })).toEqual(kept);
    expect(await scoreDue(bed.system)).toBe(0);
    bed.clock.advance(8 * 60_000);
    await scoreDue(bed.system);
    const later = await risks().latest({ tenant_id: 't1' });
    expect(later.scores.performance).toBeLessThan(kept.scores.performance);
    expect(later.scores.performance).toBeGreaterThan(0);
    bed.clock.advance(8 * 60_000);
    await scoreDue(bed.system);
    expect(await risks().latest({ tenant_id: 't1' })).toMatchObject({ overall: 0, level: 'low' });
    const history = await risks().history({ tenantId: 't1', hours: 1 });
    expect(history.points.map(point => point.performance)).toEqual([
      0,
      kept.scores.performance,
      later.scores.performance,
      0,
    ]);
  });

  it('of another tenant changes nothing', async () => {
    await send('t2', 'cpu_spike');
    expect((await risks().latest({ tenant_id: 't1' })).overall).toBe(0);
    expect((await risks().latest({ tenant_id: 't2' })).overall).toBeGreaterThan(0);
  });
});

describe('noise', () => {
  const flood = async (severity: string, n: number, event = 'queue_depth') => {
    for (let sent = 0; sent < n; sent += 1000)
      await ingestEvents(
        bed.system,
        'http',
        Array.from({ length: Math.min(1000, n - sent) }, () => ({
          tenant_id: 't2',
          event,
          severity,
          service: 'loud',
        })),
      );
  };

  it('of lower severity hides nothing that is worse, and the score says of what there was more', async () => {
    bed.clock.advance(60 * 60_000);
    const { ids } = await send('t2', 'cpu_spike', { service: 'quiet', severity: 'critical' });
    bed.clock.advance(1000);
    await flood('low', 5200);
    bed.clock.advance(1000);
    const score = await risks().latest({ tenant_id: 't2' });
    expect(score.contributions.flatMap(c => c.eventIds)).toEqual(expect.arrayContaining(ids));
    expect(score.scores.performance).toBeGreaterThan(0);
    expect(score.cut).toEqual(['low']);
    await scoreDue(bed.system);
    const [kept] = await bed.rows<{ cut: string[] }>(
      "select cut from governance_risks where tenant_id = 't2' and service is null order by at desc limit 1",
    );
    expect(kept?.cut).toEqual(['low']);
    expect((await risks().latest({ tenant_id: 't1' })).cut).toEqual([]);
    bed.clock.advance(60 * 60_000);
    expect((await risks().latest({ tenant_id: 't2' })).cut).toEqual([]);
  });

  it('is passed by through an index', async () => {
    const [plan] = await bed.rows<{ 'QUERY PLAN': unknown }>(
      `explain (format json) select id from telemetry_event where tenant_id = 't2' and severity = 5
        and ts >= '2026-01-01' order by ts desc limit 10`,
    );
    expect(JSON.stringify(plan)).toContain('tenant_id_severity_ts');
  });
});

describe('alerts', () => {
  it('are one however often they are seen, and those of one service are one incident', async () => {
    await send('t3', 'cpu_spike', { service: 'a' });
    await scoreDue(bed.system);
    await send('t3', 'cpu_spike', { service: 'a' });
    await scoreDue(bed.system);
    await send('t3', 'error_burst', { service: 'a' });
    await scoreDue(bed.system);
    await send('t3', 'error_burst', { service: 'b' });
    await scoreDue(bed.system);
    const found = await incidents('t3');
    expect(found.map(i => i.services)).toEqual([['b'], ['a']]);
    const [, first] = found;
    const detail = await risks().incident({ tenantId: 't3', id: first?.id ?? '' });
    expect(detail.firing.map(alert => [alert.rule, alert.count])).toEqual([
      ['load-high', 2],
      ['failing-high', 1],
    ]);
    expect(detail.timeline.map(e => e.kind)).toEqual(['opened', 'alert', 'alert']);
    expect(new Set(detail.firing.flatMap(alert => alert.eventIds)).size).toBe(3);
  });

  it('tell people once, with the incident they are about', async () => {
    const told = await bed.rows<{ body: { payload: { message: { link: string; groupKey: string } } } }>(
      "select body from outbox where body->>'task' = 'notifications.accept' and body->'payload'->'message'->>'title' like 't3:%'",
    );
    expect(told).toHaveLength(2);
    for (const { body } of told)
      expect(body.payload.message.link).toBe(
        `/governance/incidents/t3/${body.payload.message.groupKey.replace('incident:', '')}`,
      );
  });

  it('end when they are not seen any more, and their incident is then over by itself', async () => {
    bed.clock.advance(20 * 60_000);
    await scoreDue(bed.system);
    const [incident] = await incidents('t3');
    const detail = await risks().incident({ tenantId: 't3', id: incident?.id ?? '' });
    expect(detail.firing.every(alert => !alert.firing)).toBe(true);
    expect(detail.timeline.at(-1)?.kind).toBe('ended');
    bed.clock.advance(15 * 60_000);
    await scoreDue(bed.system);
    expect(await incidents('t3')).toEqual([]);
    expect(await risks().incident({ tenantId: 't3', id: incident?.id ?? '' })).toMatchObject({
      state: 'resolved',
      verdict: null,
    });
  });

  it('are raised once when two rounds run at the same moment', async () => {
    await send('t2', 'login_failed', { service: 'gate' });
    await Promise.all([scoreDue(bed.system), scoreDue(bed.system), scoreDue(bed.system)]);
    const rows = await bed.rows("select 1 from risk_alert where tenant_id = 't2' and rule = 'security-high'");
    expect(rows).toHaveLength(1);
  });
});

describe('an incident', () => {
  const open = async () => {
    await send('t4', 'cpu_spike', { service: 'a' });
    await scoreDue(bed.system);
    const [found] = await incidents('t4');
    return found ?? expect.fail('no incident');
  };

  it('is taken on, noted, and resolved by people, each with an entry; what was known then does not raise it again', async () => {
    const { id, version } = await open();
    const ref = { tenantId: 't4', id };
    const taken = await risks().acknowledge({ ...ref, version });
    expect(taken).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'user:user-operator' });
    await expect(
      risks().resolve({ ...ref, version, verdict: 'confirmed', reason: 'too late' }),
    ).rejects.toMatchObject({ cause: { code: 'incident.stale' } });
    await risks().note({ ...ref, text: 'Looking at it' });
    const done = await risks().resolve({
      ...ref,
      version: taken.version,
      verdict: 'false_alarm',
      reason: 'A load test',
    });
    expect(done).toMatchObject({ state: 'resolved', verdict: 'false_alarm' });
    expect(done.timeline.map(e => e.kind)).toEqual(['opened', 'alert', 'acknowledged', 'note', 'resolved']);
    expect(
      (
        await bed.rows<{ type: string }>('select type from ledger_entry where target = $1 order by id', [
          `incident:${id}`,
        ])
      ).map(e => e.type),
    ).toEqual(['incident.opened', 'incident.acknowledged', 'incident.noted', 'incident.resolved']);
    bed.clock.advance(46_000);
    await scoreDue(bed.system);
    expect(await incidents('t4')).toEqual([]);
    await send('t4', 'cpu_spike', { service: 'a' });
    await scoreDue(bed.system);
    expect(await incidents('t4')).toHaveLength(1);
  });

  it('is not changed by those who only look, nor found by others', async () => {
    const [found] = await incidents('t4');
    const ref = { tenantId: 't4', id: found?.id ?? '', version: found?.version ?? 1 };
    for (const who of [person('auditor'), person('approver'), simulationPrincipal])
      await expect(risks(who).acknowledge(ref)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(risks().incident({ tenantId: 't1', id: ref.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('is listed, searched and counted on the server', async () => {
    const page = await risks().incidents({
      state: ['resolved'],
      sort: 'severity',
      dir: 'desc',
      limit: 2,
      total: true,
    });
    expect(page.rows).toHaveLength(2);
    expect(page.total).toBeGreaterThan(2);
    expect((await risks().incidents({ tenant: ['t4'], search: 'load' })).rows.map(r => r.tenantId)).toEqual([
      't4',
      't4',
    ]);
    expect((await risks().incidents({ tenant: [] })).rows).toEqual([]);
  });
});
