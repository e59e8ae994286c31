import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { freeOffset } from '#scripts/testing/free-offset.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import type { ProbeGateway } from '../environment/gateway.ts';
import { decide } from '../environment/rules.ts';
import { runPrecheck } from '../environment/service.ts';
import { realExchanges } from './gateway.real.ts';
import { makeReport } from './service.ts';
import { verifyReports } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'atom-reports-'));
const ports = new Map<string, FastifyInstance>();
let bed: TestBed;
let offset = 0;

const reportsIn = (path: string) =>
  loadEnvForTest({
    ATOM_SECRET: testSecret,
    LOG_LEVEL: 'silent',
    SIMULATION_MODE: 'true',
    ATOM_REPORTS: path,
    ATOM_SERVICE_PORT_OFFSET: String(offset),
  });

beforeAll(async () => {
  bed = await testBed();
  bed.clock.set(new Date());
  offset = await freeOffset(13_000, 15_500);
  reportsIn(folder);
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 'One', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  for (const system of systems.filter(s => s.area === 'federation')) {
    const server = portServer(system, bed);
    ports.set(system.key, server);
    await server.listen({ host: '127.0.0.1', port: (system.port ?? 0) + offset });
  }
});
afterAll(async () => {
  await Promise.all([...ports.values()].map(p => p.close()));
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
  await bed.close();
  rmSync(folder, { recursive: true });
});

const reachable: ProbeGateway = { probe: async () => 'UP' };
const make = async (phase: 'G.1' | 'G.5' | 'I.1') => {
  // Health goes by the real clock: entries of two minutes hence are not late, however long a report takes.
  bed.clock.set(new Date(Date.now() + 120_000));
  // What the worker of a running console does: nothing waits.
  await bed.rows('truncate outbox');
  const sequencer = createSequencer(
    bed.database.pool('atom_owner'),
    () => bed.clock.now(),
    () => {},
  );
  while (((await sequencer.step()) ?? 0) > 0);
  return makeReport(bed.system, phase, realExchanges, (ctx, p) => runPrecheck(ctx, p, reachable));
};
const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const findings = async () => (await verifyReports(bed.system)).findings;

describe('a report', () => {
  it('asks what is built, says what is not, and repeats without making more regions', async () => {
    const first = await make('G.1');
    const of = (key: string) => first.snapshot.services.find(s => s.system === key);
    expect(text('logs/G.1.1.log')).not.toContain('FAIL');
    expect(of('regions')).toMatchObject({ outcome: 'verified', passed: 7, failed: 0 });
    expect(of('tenants')).toMatchObject({ outcome: 'verified', failed: 0 });
    expect(of('replication')).toMatchObject({ outcome: 'verified', failed: 0 });
    expect(first).toMatchObject({ failed: 0, notBuilt: 0 });
    expect(text('G.1.1_region_registry.md')).toMatch(/Answered 401, expected 401/);
    expect(text('G.1.1_region_registry.md')).toMatch(/region\.registered [0-9a-f-]{36}/);
    expect(text('G.1_metrics_sample.txt')).toContain('# TYPE ');
    expect(JSON.parse(text('G.1.1_health.json'))).toMatchObject({ system: 'regions' });
    const regions = await bed.rows('select id from region');
    await make('G.1');
    expect(await bed.rows('select id from region')).toEqual(regions);
    expect((await createCaller(bed.as(person('auditor'))).reports.list({ total: true })).total).toBe(2);
    const later = await make('I.1');
    expect(later.snapshot.services.find(s => s.system === 'features')).toMatchObject({
      outcome: 'not_built',
      passed: 0,
      failed: 0,
    });
    expect(text('I.1.1_feature_catalog.md')).toContain('not built in this version');
    expect(text('PhaseI.1_final_summary.md')).toContain('Recommended tag: none yet');
  });

  it('fails where a port does not answer as it should', async () => {
    await ports.get('tenants')?.close();
    const run = await make('G.1');
    expect(run.snapshot.services.find(s => s.system === 'tenants')).toMatchObject({
      outcome: 'failed',
      passed: 0,
    });
    expect(text('G.1.4_tenant_replicator.md')).toContain('no answer instead of 200');
  });
});

describe('verify-reports', () => {
  beforeEach(async () => {
    await make('G.1');
    await make('G.5');
    expect(await findings()).toEqual([]);
  });
  const change = (name: string, edit: (content: string) => string) =>
    writeFileSync(join(folder, name), edit(text(name)));

  it('names a file of which one byte was flipped, and one that is gone', async () => {
    change('logs/G.1.1.log', content => content.replace('pass', 'Pass'));
    rmSync(join(folder, 'G.5.1_policy_hub.md'));
    expect(await findings()).toEqual([
      { file: 'logs/G.1.1.log', problem: 'It was changed after it was signed.' },
      { file: 'G.5.1_policy_hub.md', problem: 'It is missing.' },
    ]);
  });
  it.each<[string, (s: Record<string, unknown>) => unknown, RegExp]>([
    ['a changed field', s => Object.assign(s, { simulation_mode: false }), /does not fit the content/],
    ['an added field', s => Object.assign(s, { approved: true }), /does not fit the content/],
    ['no signature', s => Object.assign(s, { signature: undefined }), /no signature/],
    [
      'half a signature',
      s => void (s.signature as { signatures: unknown[] }).signatures.pop(),
      /Only one of the two/,
    ],
  ])('names a snapshot with %s', async (_what, edit, problem) => {
    change('PhaseG.1_Snapshot.json', content => {
      const parsed = JSON.parse(content);
      edit(parsed);
      return JSON.stringify(parsed);
    });
    expect(await findings()).toEqual([
      { file: 'PhaseG.1_Snapshot.json', problem: expect.stringMatching(problem) },
    ]);
  });
  it('names the signature of another installation, another phase, and what is no snapshot', async () => {
    const other = await testBed();
    await makeReport(other.system, 'G.5', { send: realExchanges.send }, (ctx, p) =>
      runPrecheck(ctx, p, reachable),
    );
    await other.close();
    change('PhaseG.1_Snapshot.json', () => text('PhaseG.5_Snapshot.json'));
    expect((await findings()).map(f => f.problem)).toEqual([
      expect.stringMatching(/None of the trusted keys/),
      expect.stringMatching(/None of the trusted keys/),
    ]);
    await make('G.5');
    change('PhaseG.1_Snapshot.json', () => text('PhaseG.5_Snapshot.json'));
    expect((await findings())[0]?.problem).toContain('snapshot of G.5 under another name');
    change('PhaseG.1_Snapshot.json', () => '{"phase":');
    expect((await findings())[0]?.problem).toBe('It is not JSON.');
  });
});

describe('the files', () => {
  it('are read by name, and nothing beside them', async () => {
    await make('G.5');
    const { reports } = createCaller(bed.as(person('auditor')));
    const names = (await reports.files()).rows.map(f => f.name);
    expect(names).toContain('logs/G.5_end2end.log');
    expect((await reports.file({ name: 'G.5.1_policy_hub.md' })).text).toContain('# G.5.1');
    symlinkSync('/etc/hostname', join(folder, 'link.txt'));
    for (const name of [
      '../package.json',
      '/etc/hostname',
      'logs/../../x.json',
      'link.txt',
      '.env',
      'none.md',
    ])
      await expect(reports.file({ name })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await reports.files()).rows.map(f => f.name)).not.toContain('link.txt');
  });
  it('are neither written nor counted where the folder cannot be written', async () => {
    const before = await bed.rows('select count(*) from report_run');
    writeFileSync(join(folder, 'plain'), '');
    reportsIn(join(folder, 'plain'));
    try {
      await expect(make('G.5')).rejects.toMatchObject({ code: 'report.unwritable' });
    } finally {
      reportsIn(folder);
    }
    expect(await bed.rows('select count(*) from report_run')).toEqual(before);
  });
});

describe('a blocked phase', () => {
  it('gets no report, and its commands are refused until the precheck is content', async () => {
    const own = await testBed();
    await registerTestRegion(own, { name: 'eu-west', country: 'IE' });
    const gone: ProbeGateway = { probe: async () => 'ERROR:no answer' };
    const counting = { send: vi.fn(realExchanges.send) };
    await expect(
      makeReport(own.system, 'G.1', counting, (ctx, p) => runPrecheck(ctx, p, gone)),
    ).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'phase.blocked',
      message: expect.stringContaining('GLOBAL_REGISTRY_URL'),
    });
    expect(counting.send).not.toHaveBeenCalled();
    expect(text('G.1_precheck_block.txt')).toContain('blocked');
    const input = { id: 'late', name: 'Late', environment: 'simulation' as const, homeRegion: 'eu-west' };
    const { tenants, alerts } = createCaller(own.as(person('operator')));
    await expect(tenants.create(input)).rejects.toMatchObject({ cause: { code: 'phase.blocked' } });
    expect((await tenants.list({})).rows).toEqual([]); // reading goes on
    await alerts.run(); // another area's commands too
    own.clock.advance(1000);
    await runPrecheck(own.system, 'G.1', reachable);
    await expect
      .poll(
        () =>
          tenants.create(input).then(
            t => t.id,
            () => null,
          ),
        { timeout: 60_000 },
      )
      .toBe('late');
    await own.close();
  });
  it('is what the rules call blocked', () => {
    expect(decide('G.1', [], bed.clock.now()).decision).toBe('BLOCK');
  });
});
