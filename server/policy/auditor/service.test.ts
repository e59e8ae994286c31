import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allControls } from '#kernel/controls/registry.ts';
import { leafHash } from '#kernel/ledger/tree.ts';
import { registry } from '#kernel/metrics/metrics.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { runControls } from '#server/platform/alerts/service.ts';
import { consoleSigning } from '#server/policy/hub/service/console-signing.ts';
import { Hub } from '#server/policy/hub/service/hub.ts';
import { publishPolicy } from '#server/policy/hub/service/publish.ts';
import { createCaller } from '#server/root.ts';
import { reported } from './rules/reading.ts';
import type { AuditDetail, PolicyName } from './schema.ts';
import { runAudit } from './service.ts';

let bed: TestBed;
let hub: Hub;
const asAuditor = () => createCaller(bed.as(person('auditor', 'a1'))).edgeAudits;

/** A relay that says it holds what the fleet has; each test makes it say something else. */
async function relaySays(id = 'r1', region = 'eu-north'): Promise<void> {
  const now = bed.clock.now();
  await bed.rows('delete from relay where id = $1', [id]);
  await bed.rows(
    `insert into relay (id, region, labels, public_key, state, agent, simulated, cursor, epoch, joined_at, last_seen_at, updated_at)
     select $1, $2, '{}', 'x', 'admitted', 'test', true, (select max(seq) from policy_log),
       (select max(epoch) from policy_activation), $3, $3, $3`,
    [id, region, now],
  );
  await bed.rows(
    `insert into relay_policy (relay_id, policy_id, version, hash, epoch, at)
     select $1, id, active_version, active_hash, active_epoch, $2 from policy
     where state = 'active' and (jsonb_array_length(scope->'regions') = 0 or scope->'regions' ? $3)`,
    [id, now, region],
  );
}
async function publish(id: string, extra: object = {}): Promise<void> {
  await publishPolicy(bed.system, { id, kind: 'retention', document: { defaultDays: 7 }, ...extra });
  for (let i = 0; i < 10; i += 1) {
    await hub.step();
    bed.clock.advance(500);
  }
}
const audit = () => runAudit(bed.system, 'manual');
const said = (detail: AuditDetail, rule: string, subject?: string) =>
  detail.results.find(f => f.rule === rule && (subject === undefined || f.subject.startsWith(subject)));
const cell = (detail: AuditDetail, policy: PolicyName, relay = 'r1') =>
  detail.relayMatrix.find(row => row.subject === relay)?.cells.find(c => c.policy === policy)?.result;
/** Whoever owns the database may do anything to it: that is what the audit is to see. */
async function behindItsBack(sql: string, look: () => Promise<void>): Promise<void> {
  await bed.rows('create table kept as select * from policy_version');
  try {
    await bed.rows(sql);
    await look();
  } finally {
    await bed.rows(
      'update policy_version v set content = k.content, statement = k.statement from kept k where k.policy_id = v.policy_id and k.version = v.version',
    );
    await bed.rows('drop table kept');
  }
}

beforeAll(async () => {
  bed = await testBed();
  hub = new Hub({
    database: bed.database,
    clock: bed.clock,
    signing: consoleSigning(bed.database, bed.clock),
  });
  await hub.start();
  await publish('keep');
  await publish('north-only', { scope: { regions: ['eu-north'] } });
  await relaySays();
  await runControls(
    bed.system,
    allControls().filter(c => c.policy === 'P1'),
  );
});
afterAll(async () => {
  await hub.stop();
  await bed.close();
});

describe('an edge node that holds what it should', () => {
  it('passes what can be proved, and blocks what only the simulation key vouches for', async () => {
    await relaySays();
    const found = await audit();
    expect(found.results.filter(f => f.result === 'fail')).toEqual([]);
    expect(said(found, 'policy.signatures', 'keep')).toMatchObject({ result: 'pass', severity: 'critical' });
    expect(said(found, 'relay.holds')).toMatchObject({ result: 'pass' });
    expect(cell(found, 'P2')).toBe('BLOCKED');
    expect(said(found, 'relay.signing_key')?.message).toMatch(/simulation key/);
    expect(cell(found, 'P5')).toBe('PASS');
    expect(cell(found, 'P6')).toBe('N/A');
    expect(cell(found, 'P7')).toBe('PASS');
    expect(found.state).toBe('blocked');
  });

  it('is P2 PASS once an operator’s own key signed', async () => {
    await bed.rows('update policy_version set simulation_key = false');
    await relaySays();
    const found = await audit();
    expect(cell(found, 'P2')).toBe('PASS');
    await bed.rows('update policy_version set simulation_key = true');
  });

  it('says N/A with its reason where nobody can judge, and BLOCKED where the controls have not run', async () => {
    const found = await audit();
    expect(['pass', 'skip']).toContain(said(found, 'relay.privacy')?.result);
    bed.clock.advance(6 * 60_000);
    await relaySays();
    expect(said(await audit(), 'relay.privacy')).toMatchObject({
      result: 'error',
      message: 'The console’s controls have not run lately',
    });
  });
});

describe('what an audit refuses', () => {
  const cases: [string, string, string, Record<string, string>][] = [
    [
      'a byte of the stored policy that was changed',
      `update policy_version set content = set_byte(content, 20, get_byte(content, 20) # 1) where policy_id = 'keep'`,
      'P2',
      { 'policy.signatures': 'fail', 'policy.hash': 'fail', 'relay.signatures': 'fail' },
    ],
    [
      'a stripped second signature',
      `update policy_version set statement = (statement::jsonb #- '{signatures,1}')::text where policy_id = 'keep'`,
      'P2',
      { 'policy.signatures': 'fail', 'policy.hash': 'pass', 'relay.signatures': 'fail' },
    ],
    [
      'the statement of another policy',
      `update policy_version set statement = (select statement from policy_version where policy_id = 'north-only') where policy_id = 'keep'`,
      'P2',
      { 'policy.signatures': 'fail', 'relay.signatures': 'fail' },
    ],
  ];
  it.each(cases)('%s', async (_what, sql, policy, wanted) => {
    await relaySays();
    await behindItsBack(sql, async () => {
      const found = await audit();
      for (const [rule, result] of Object.entries(wanted))
        expect([rule, said(found, rule, rule.startsWith('policy') ? 'keep' : 'r1')?.result]).toEqual([
          rule,
          result,
        ]);
      expect(cell(found, policy as PolicyName)).toBe('FAIL');
      expect(found.state).toBe('fail');
    });
  });

  const words: [string, string, string, PolicyName, RegExp][] = [
    [
      'an older hash',
      `update relay_policy set hash = repeat('0', 64) where policy_id = 'keep'`,
      'relay.holds',
      'P7',
      /another hash/,
    ],
    [
      'a version that was never published',
      `update relay_policy set version = 9 where policy_id = 'keep'`,
      'relay.signatures',
      'P2',
      /never published/,
    ],
    ['nothing at all', `delete from relay_policy`, 'relay.holds', 'P7', /not at all/],
    [
      'a position beyond the log',
      `update relay set cursor = cursor + 7`,
      'relay.position',
      'P7',
      /of a log that ends/,
    ],
    ['a position far behind', `update relay set cursor = 0`, 'relay.position', 'P7', /behind the log/],
    [
      'another region, and so what does not concern it',
      `update relay set region = 'ap-south'`,
      'relay.scope',
      'P5',
      /north-only/,
    ],
    [
      'three lies',
      `update relay set strikes = 3, state = 'quarantined', state_reason = 'wrong hash'`,
      'relay.admission',
      'P3',
      /quarantined: wrong hash/,
    ],
    ['lies', `update relay set strikes = 2`, 'relay.conduct', 'P2', /2 messages/],
  ];
  it.each(words)('a relay that says %s', async (_what, sql, rule, policy, message) => {
    await relaySays();
    await bed.rows(sql);
    const found = await audit();
    expect(said(found, rule)).toMatchObject({ result: 'fail', message: expect.stringMatching(message) });
    expect(cell(found, policy)).toBe('FAIL');
  });

  it('takes a silent relay for unknown, never for good', async () => {
    await relaySays();
    bed.clock.advance(11_000);
    const found = await audit();
    expect(said(found, 'relay.freshness')).toMatchObject({ result: 'fail' });
    for (const rule of ['relay.signatures', 'relay.holds', 'relay.position', 'relay.scope'])
      expect(said(found, rule)?.result).toBe('error');
    for (const policy of ['P2', 'P4', 'P5', 'P7'] as const) expect(cell(found, policy)).not.toBe('PASS');
  });

  it('an activation that no signed entry of the log made', async () => {
    await relaySays();
    await bed.rows(`update policy set active_epoch = 99 where id = 'keep'`);
    expect(said(await audit(), 'policy.epoch', 'keep')).toMatchObject({ result: 'fail' });
    await bed.rows(
      `update policy set active_epoch = (select epoch from policy_activation where policy_id = 'keep') where id = 'keep'`,
    );
  });

  it('a log that was rewritten', async () => {
    await bed.rows('alter table policy_log disable trigger append_only');
    await bed.rows(`update policy_log set hash = repeat('1', 64) where seq = 2`);
    expect(said(await audit(), 'hub.log')).toMatchObject({
      result: 'fail',
      message: expect.stringMatching(/Entry 2 of the log/),
    });
    const { rows } = await bed.database
      .pool('atom_owner')
      .query(`select header::jsonb->>'payload' as payload from policy_log where seq = 2`);
    const { createHash } = await import('node:crypto');
    await bed.rows('update policy_log set hash = $1 where seq = 2', [
      createHash('sha256').update(Buffer.from(rows[0].payload, 'base64')).digest('hex'),
    ]);
    await bed.rows('alter table policy_log enable trigger append_only');
    expect(said(await audit(), 'hub.log')).toMatchObject({ result: 'pass' });
  });

  it('a policy that expired and is active still', async () => {
    const expires = new Date(bed.clock.now().getTime() + 3 * 86_400_000).toISOString();
    await publish('short', { expires });
    await relaySays();
    expect(said(await audit(), 'policy.expiry', 'short')).toMatchObject({ result: 'warn' });
    bed.clock.advance(3 * 86_400_000);
    await relaySays();
    const found = await audit();
    expect(said(found, 'policy.expiry', 'short')).toMatchObject({ result: 'fail' });
    expect(said(found, 'relay.expiry')).toMatchObject({ result: 'fail', message: /short/ });
    await bed.rows(`update policy set state = 'revoked' where id = 'short'`);
  });
});

describe('the ledger before the reader', () => {
  it('carries the root that every finding leads to, in the entry that each names', async () => {
    await relaySays();
    const found = await audit();
    const [entry] = await bed.rows<{ body: Buffer; type: string }>(
      'select body, type from ledger_entry where uid = $1',
      [found.entryUid],
    );
    expect(entry?.type).toBe('edgeaudit.committed');
    expect(JSON.parse(entry?.body.toString() ?? '').detail).toMatchObject({
      root: found.root,
      findings: found.results.length,
    });
    expect(found.intact).toBe(true);
    for (const f of found.results) {
      expect(f.entryUid).toBe(found.entryUid);
      expect(leafHash(canonicalBytes(reported(f, found.at))).toString('hex')).toBe(f.digest);
    }
  });

  it('shows nothing when the findings could not be stored; the ledger has them all the same', async () => {
    const before = await asAuditor().list({});
    await bed.rows('alter table edge_finding rename to away');
    try {
      await expect(audit()).rejects.toThrow();
    } finally {
      await bed.rows('alter table away rename to edge_finding');
    }
    expect((await asAuditor().list({})).rows).toHaveLength(before.rows.length);
    const [last] = await bed.rows<{ type: string }>('select type from ledger_entry order by id desc limit 1');
    expect(last?.type).toBe('edgeaudit.committed');
  });

  it('refuses an audit that the ledger does not hold, also from the owner of the table', async () => {
    const found = await audit();
    const copy = (uid: string, root: string) =>
      bed.rows(
        `insert into edge_audit select 'forged', at, trigger, by, relays, policies, findings, 0, 0, 0, simulated, took_ms, $2, $1::uuid
         from edge_audit where id = $3`,
        [uid, root, found.id],
      );
    await expect(copy('018f0000-0000-7000-8000-000000000000', found.root)).rejects.toThrow(
      /not in the ledger/,
    );
    await expect(copy(found.entryUid, 'f'.repeat(64))).rejects.toThrow(/not in the ledger/);
    await expect(bed.rows(`update edge_finding set result = 'pass'`)).rejects.toThrow();
    await expect(bed.rows(`update edge_audit set failed = 0`)).rejects.toThrow();
  });

  it('notices a finding that was changed all the same', async () => {
    const found = await audit();
    await bed.rows('alter table edge_finding disable trigger never_changed');
    await bed.rows(`update edge_finding set message = 'All is well' where id = $1`, [`${found.id}.3`]);
    await bed.rows('alter table edge_finding enable trigger never_changed');
    expect((await asAuditor().get({ id: found.id })).intact).toBe(false);
  });
});

describe('stale is not pass', () => {
  it('shows nothing as passed once the audit is older than its schedule allows', async () => {
    await bed.rows('update policy_version set simulation_key = false');
    await runControls(
      bed.system,
      allControls().filter(c => c.policy === 'P1'),
    );
    await relaySays();
    const found = await audit();
    const fresh = await asAuditor().report({ id: found.id });
    expect(fresh.summary.pass).toBeGreaterThan(10);
    expect(cell(await asAuditor().get({ id: 'latest' }), 'P5')).toBe('PASS');

    bed.clock.advance(13 * 60_000);
    const late = await asAuditor().get({ id: 'latest' });
    expect(late.state).toBe('stale');
    expect(late.results.filter(f => f.result === 'pass' || f.result === 'warn')).toEqual([]);
    expect(new Set(late.relayMatrix.flatMap(row => row.cells.map(c => c.result)))).not.toContain('PASS');
    expect(new Set(late.regionMatrix.flatMap(row => row.cells.map(c => c.result)))).not.toContain('PASS');
    const report = await asAuditor().report({ id: found.id });
    expect(report.summary).toMatchObject({ pass: 0, warn: 0 });
    expect(report.metadata.annotations['atom/state']).toBe('stale');
    expect(await asAuditor().status({})).toMatchObject({ status: 'degraded', state: 'stale' });
    expect((await asAuditor().list({})).rows[0]?.state).toBe('stale');
    const passed = found.results.find(f => f.result === 'pass');
    expect((await asAuditor().finding({ id: passed?.id ?? '' })).result).toBe('skip');
    // What failed stays told.
    await relaySays();
    await bed.rows('delete from relay_policy');
    await audit();
    bed.clock.advance(13 * 60_000);
    expect((await asAuditor().report({ id: 'latest' })).summary.fail).toBeGreaterThan(0);
  });

  it('says that none has run where none has', async () => {
    const empty = await testBed();
    try {
      const { edgeAudits } = createCaller(empty.as(person('auditor', 'a1')));
      expect(await edgeAudits.status({})).toMatchObject({ state: 'none', status: 'degraded' });
      await expect(edgeAudits.get({ id: 'latest' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    } finally {
      await empty.close();
    }
  });
});

it('lets operators run one and auditors only read', async () => {
  const made = await createCaller(bed.as(person('operator'))).edgeAudits.run({});
  expect(made).toMatchObject({ trigger: 'manual', by: 'user:user-operator' });
  await expect(asAuditor().run({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

it('counts what failed', async () => {
  const value = async () =>
    ((await registry.getSingleMetric('audit_failures_total')?.get())?.values[0]?.value ?? 0) as number;
  const before = await value();
  await relaySays();
  await bed.rows('delete from relay_policy');
  const found = await audit();
  expect(await value()).toBe(before + found.failed);
  expect(found.failed).toBeGreaterThan(0);
});
