import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { dsseEnvelope } from '#kernel/signing/dsse.ts';
import { trustedKeys } from '#kernel/signing/signer.ts';
import { fileSignature, verifyStatement } from '#kernel/signing/statement.ts';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createCaller } from '#server/root.ts';
import { loadWorld } from '#server/world/state.ts';
import { gameDayControl, gameDaySignature } from './controls.ts';
import { simulationJobs, simulationLoops } from './jobs.ts';
import { judgeCanary } from './rules/judge.ts';
import { canarySamples } from './service/canaries.ts';
import { readAutonomyGate, trySandbox } from './service.ts';

let bed: TestBed;
const folder = mkdtempSync(join(tmpdir(), 'atom-gamedays-'));
const minute = 60_000;
const api = (who = person('operator')) => createCaller(bed.as(who)).simulations;
const world = () => loadWorld(bed.system.db, bed.clock.now());
const run = async (name: string, payload: unknown) => {
  const job = simulationJobs.find(j => j.name === name) ?? expect.fail();
  await job.run(payload, { ctx: bed.system, attempt: 1, signal: AbortSignal.timeout(60_000) });
};
const step = async () => {
  for (const loop of simulationLoops)
    await loop.run({ ctx: bed.system, signal: AbortSignal.timeout(60_000) });
};
const pass = async (minutes: number) => {
  for (let i = 0; i < minutes; i++) {
    bed.clock.advance(minute);
    await step();
  }
};
const serviceX = { kind: 'service', id: 'service-x' } as const;

beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_REPORTS: folder });
  bed = await testBed();
  bed.clock.set(new Date('2026-11-03T10:00:00.000Z'));
});
afterAll(async () => {
  await bed.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('faults', () => {
  it('are injected into the world that everybody reads, and healed, with an entry each', async () => {
    const made = await api().injectFault({ fault: 'bad-deploy', target: serviceX });
    await pass(5);
    const t = bed.clock.now().getTime();
    expect((await world()).metric('error_ratio', 'service-x', t)).toBeGreaterThan(0.1);
    expect((await api().faults({})).running).toContainEqual(
      expect.objectContaining({ id: made.id, fault: 'bad-deploy', to: null, origin: 'command' }),
    );
    await api().healFault({ id: made.id });
    expect((await world()).metric('error_ratio', 'service-x', t + 1)).toBeLessThan(0.05);
    const entries = await bed.rows(
      `select type, actor, tenant_id from ledger_entry where target = 'fault:${made.id}' order by id`,
    );
    expect(entries).toEqual([
      { type: 'fault.injected', actor: 'user:user-operator', tenant_id: 't1' },
      { type: 'fault.healed', actor: 'user:user-operator', tenant_id: 't1' },
    ]);
    await expect(api().healFault({ id: made.id })).rejects.toThrow('ended already');
  });

  it('heal by themselves when a time is given, and the job may run twice', async () => {
    const { id } = await api().injectFault({
      fault: 'traffic-surge',
      target: { kind: 'tenant', id: 't1' },
      minutes: 3,
    });
    const queued = await bed.rows("select body from outbox where body::text like '%simulation.heal%'");
    expect(JSON.stringify(queued)).toContain(id);
    bed.clock.advance(3 * minute);
    await run('simulation.heal', { id });
    await run('simulation.heal', { id });
    expect((await api().faults({})).running.map(f => f.id)).not.toContain(id);
  });

  it.each([
    ['a target it cannot befall', { fault: 'region-loss', target: serviceX }, 'befalls a region'],
    [
      'a target that is not there',
      { fault: 'bad-deploy', target: { kind: 'service', id: 'nope' } },
      'no service',
    ],
  ] as const)('are refused for %s', async (_what, input, message) => {
    await expect(api().injectFault(input)).rejects.toThrow(message);
  });

  it('are refused twice on the same target', async () => {
    const first = await api().injectFault({ fault: 'memory-leak', target: serviceX });
    await expect(api().injectFault({ fault: 'memory-leak', target: serviceX })).rejects.toThrow('under way');
    await api().healFault({ id: first.id });
  });

  it('are nothing for auditors, approvers and tenants; the anonymous caller of the demo may', async () => {
    const inject = { fault: 'clock-skew', target: { kind: 'region', id: 'ap-south' } } as const;
    for (const who of [person('auditor'), person('approver'), tenantCaller('t1')])
      await expect(api(who).injectFault(inject)).rejects.toThrow(/lack the permission|only read/);
    const { id } = await api(simulationPrincipal).injectFault(inject);
    await api(simulationPrincipal).healFault({ id });
  });

  it('of other tenants are not shown to a tenant', async () => {
    const mine = await api().injectFault({ fault: 'bad-deploy', target: serviceX });
    const foreign = await api().injectFault({
      fault: 'bad-deploy',
      target: { kind: 'service', id: 'acme-checkout' },
    });
    const seen = (await api(tenantCaller('t1')).faults({})).running.map(f => f.id);
    expect(seen).toContain(mine.id);
    expect(seen).not.toContain(foreign.id);
    const services = (await api(tenantCaller('t1')).library({})).scenarios
      .flatMap(s => s.targets)
      .filter(t => t.kind === 'service')
      .flatMap(t => t.ids);
    expect(new Set(services)).toEqual(new Set(['service-x', 't1-web', 't1-db']));
    for (const { id } of [mine, foreign]) await api().healFault({ id });
  });
});

describe('the sandbox', () => {
  const plan = {
    tenantId: 't1',
    steps: [{ action: 'scale' as const, target: 'service-x', params: { replicas: 6 } }],
  };

  it('keeps a scorecard and an entry, and changes nothing', async () => {
    const before = (await world()).commands.length;
    const made = await api().sandbox({ plan });
    expect(made.result.scorecard.verdict).toBe('pass');
    expect((await world()).commands).toHaveLength(before);
    expect(await api().run({ id: made.id })).toMatchObject({ kind: 'sandbox', sandbox: { simulated: true } });
    expect((await api(tenantCaller('t1')).runs({})).rows.map(r => r.id)).toContain(made.id);
    expect((await api(tenantCaller('test')).runs({})).rows).toEqual([]);
  });

  it('refuses foreign targets by the field, and foreign plans as unknown', async () => {
    const foreign = { ...plan, steps: [{ action: 'restart' as const, target: 'acme-checkout', params: {} }] };
    await expect(api().sandbox({ plan: foreign })).rejects.toThrow('another tenant');
    const asTenant = { ...bed.system, scope: { ...bed.system.scope, tenantId: 'test' } } as typeof bed.system;
    await expect(trySandbox(asTenant, plan)).rejects.toThrow('t1');
  });
});

describe('a canary', () => {
  /** Versions whose quality this world happens to give; which is which only a trial can tell. */
  const versions = async (wanted: 'pass' | 'fail') => {
    const at = bed.clock.now().getTime();
    const base = await world();
    const found = Array.from({ length: 80 }, (_, i) => `3.0.${i}`).find(version => {
      const w = base.with({ kind: 'canary.start', service: 'service-x', version, share: 0.2 }, at);
      return judgeCanary(canarySamples(w, 'service-x', at, at + 10 * minute)).verdict === wanted;
    });
    return found ?? expect.fail();
  };
  const state = async () => (await world()).serviceAt('service-x', bed.clock.now().getTime());

  it('that is as good as the rest is promoted', async () => {
    const version = await versions('pass');
    const { id } = await api().startCanary({ service: 'service-x', version });
    expect((await state()).canary).toMatchObject({ version, share: 0.2 });
    await expect(api().startCanary({ service: 'service-x', version: '9' })).rejects.toThrow(
      'already has a canary',
    );
    await pass(11);
    expect(await api().run({ id })).toMatchObject({ verdict: 'pass', canary: { promoted: true } });
    expect(await state()).toMatchObject({ version, canary: null });
  });

  it('that is worse is taken back', async () => {
    const before = (await state()).version;
    const version = await versions('fail');
    const { id } = await api().startCanary({ service: 'service-x', version });
    await pass(11);
    expect(await api().run({ id })).toMatchObject({ verdict: 'fail', canary: { promoted: false } });
    expect(await state()).toMatchObject({ version: before, canary: null });
  });

  it('that nobody can judge goes on once and is then taken back', async () => {
    const lost = await api().injectFault({ fault: 'region-loss', target: { kind: 'region', id: 'eu-west' } });
    const { id } = await api().startCanary({ service: 'service-x', version: '8.8.8' });
    await pass(11);
    expect(await api().run({ id })).toMatchObject({ state: 'running', canary: { extended: true } });
    await pass(11);
    expect(await api().run({ id })).toMatchObject({ verdict: 'inconclusive', canary: { promoted: false } });
    expect((await state()).canary).toBeNull();
    await api().healFault({ id: lost.id });
  });

  it('can be stopped, once', async () => {
    const { id } = await api().startCanary({ service: 'service-x', version: '8.8.9' });
    expect(await api().stopCanary({ id })).toMatchObject({ state: 'stopped' });
    expect((await state()).canary).toBeNull();
    await expect(api().stopCanary({ id })).rejects.toThrow('ended already');
  });
});

describe('a replay', () => {
  const document = {
    tiers: { low: 'auto', medium: 'auto', high: 'auto', critical: 'auto' },
    actions: {},
    globalThreshold: 0,
    dryRunIn: [],
  } as const;

  it('is answered at once and walked by a job, which may run twice', async () => {
    const { id } = await api().replay({ tenantId: 't1', days: 2, document: { ...document, dryRunIn: [] } });
    expect(await api().run({ id })).toMatchObject({ state: 'running', replay: null });
    await run('simulation.replay', { id });
    await run('simulation.replay', { id });
    const { replay, state } = await api().run({ id });
    expect(state).toBe('done');
    expect(replay?.total.cases).toBeGreaterThan(0);
    expect(replay?.cases.every(c => c.tenantId === 't1')).toBe(true);
    expect(
      (await bed.rows("select 1 from ledger_entry where type = 'replay.finished'")).length,
    ).toBeGreaterThan(0);
    expect((await api().gates({})).rows).toEqual([]);
  });

  it('of all tenants opens and shuts gates', async () => {
    const { id } = await api().replay({ days: 1, document: { ...document, dryRunIn: [] } });
    await run('simulation.replay', { id });
    const { rows } = await api().gates({});
    expect(rows.length).toBeGreaterThan(0);
    const [first = expect.fail()] = rows;
    expect(await readAutonomyGate(bed.system, first.tenantId, first.action)).toEqual(first);
    expect(await readAutonomyGate(bed.system, 't1', 'failover')).toBeNull();
    expect((await api(tenantCaller('test')).gates({})).rows.every(g => g.tenantId === 'test')).toBe(true);
  });
});

describe('a game day', () => {
  const verified = async (id: string, change = (text: string) => text) => {
    const { report, envelope } = await api().gameDayReport({ id });
    const wanted = { predicateType: fileSignature, content: Buffer.from(change(report)) };
    return verifyStatement(
      dsseEnvelope.parse(envelope),
      wanted,
      await trustedKeys(bed.database),
      bed.clock.now(),
    ).ok;
  };

  it('rehearsed on a copy: judged at once, signed, in a file, and nobody else saw anything', async () => {
    const before = (await world()).commands.length;
    const { id, verdict } = await api().startGameDay({ scenario: 'region-loss' });
    expect(verdict).toBe('pass');
    expect((await world()).commands).toHaveLength(before);
    expect(await verified(id)).toBe(true);
    expect(await verified(id, text => text.replace('pass', 'fail'))).toBe(false);
    const { report } = await api().gameDayReport({ id });
    expect(readFileSync(join(folder, `gameday_${id}.json`), 'utf8')).toBe(report);
    expect(JSON.parse(report)).toMatchObject({ simulated: true, scenario: 'region-loss', verdict: 'pass' });
  });

  it('live: broken for its time, then healed, then judged with P1 to P7 before and after', async () => {
    const { id } = await api().startGameDay({ scenario: 'vault-drift', mode: 'live', minutes: 4 });
    await expect(api().startGameDay({ scenario: 'vault-drift', mode: 'live' })).rejects.toThrow('under way');
    await pass(2);
    const now = () => bed.clock.now().getTime();
    expect((await world()).regionAt('ap-south', now()).vaultBehind).toBeGreaterThan(0);
    await pass(2);
    expect((await world()).regionAt('ap-south', now()).vaultBehind).toBe(0);
    expect(await api().gameDay({ id })).toMatchObject({ state: 'recovering', verdict: null });
    await pass(5);
    const done = await api().gameDay({ id });
    expect(done).toMatchObject({ state: 'done', record: { mendedEarlier: false } });
    expect(done.checks.map(c => [c.name, c.ok]).slice(0, 4)).toEqual([
      ['It took effect', true],
      ['It was noticed', true],
      ['Nothing else was touched', true],
      ['It recovered', true],
    ]);
    expect(Object.keys(done.record.after?.policies ?? {})).toContain('P7');
    expect(await verified(id)).toBe(true);
  });

  it('that an action mended before its time is measured while it lasted', async () => {
    const { id } = await api().startGameDay({ scenario: 'vault-drift', mode: 'live', minutes: 5 });
    await pass(2);
    const { appendWorldCommand } = await import('#server/world/state.ts');
    await bed.database.write(bed.system.scope, tx =>
      appendWorldCommand(tx, { kind: 'keys.rotate', target: 'ap-south' }, bed.clock.now()),
    );
    await pass(8);
    expect(await api().gameDay({ id })).toMatchObject({ state: 'done', record: { mendedEarlier: true } });
  });

  it('can be stopped: healed at once, without a report', async () => {
    const { id } = await api().startGameDay({ scenario: 'clock-skew', mode: 'live' });
    await api().stopGameDay({ id });
    expect((await world()).regionAt('ap-south', bed.clock.now().getTime() + 1).clockSkewMs).toBe(0);
    await expect(api().gameDayReport({ id })).rejects.toThrow();
    await expect(api().stopGameDay({ id })).rejects.toThrow('ended already');
  });

  it('on a schedule starts once in its week, however many workers look', async () => {
    const due = new Date(bed.clock.now().getTime() + 5 * minute);
    const made = await api().schedule({
      scenario: 'policy-tamper',
      minutes: 2,
      weekday: due.getUTCDay(),
      hour: due.getUTCHours(),
      minute: due.getUTCMinutes(),
    });
    await pass(3);
    const held = async () =>
      (await api().gameDays({ scenario: ['policy-tamper'] })).rows.filter(r => r.scheduled).length;
    expect(await held()).toBe(0);
    bed.clock.advance(3 * minute);
    await Promise.all([1, 2, 3].map(() => step()));
    expect(await held()).toBe(1);
    await pass(10);
    expect(await held()).toBe(1);
    await api().unschedule({ id: made.id });
    expect((await api().schedules({})).rows).toEqual([]);
  });
});

describe('the controls', () => {
  it('hold while the newest game day is recent, passed and signed, and not otherwise', async () => {
    await api().startGameDay({ scenario: 'clock-skew' });
    expect((await gameDayControl.run(bed.system)).result).toBe('PASS');
    expect((await gameDaySignature.run(bed.system)).result).toBe('PASS');
    await bed.rows(`update game_day set report = replace(report, '"pass"', '"fail"')`);
    expect((await gameDaySignature.run(bed.system)).result).toBe('FAIL');
    await bed.rows("update game_day set verdict = 'fail'");
    expect((await gameDayControl.run(bed.system)).result).toBe('FAIL');
    await bed.rows("update game_day set verdict = 'pass'");
    bed.clock.advance(9 * 24 * 60 * minute);
    expect((await gameDayControl.run(bed.system)).result).toBe('FAIL');
  });
});
