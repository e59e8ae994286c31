import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestPerson, testPerson } from '#scripts/testing/approvers.ts';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import {
  heartbeatEnvelope,
  type RegionKeyPair,
  regionKeyPair,
  registerTestRegion,
  registrationContent,
  registrationEnvelope,
} from '#scripts/testing/regions.ts';
import { releaseApproval } from '#server/governance/approvals/service/release.ts';
import { createCaller } from '#server/root.ts';
import { appendWorldCommand } from '#server/world/state.ts';
import { signedRegions } from './controls.ts';
import { simulatedHeartbeats } from './gateway.simulated.ts';
import { acceptHeartbeats } from './service/heartbeat.ts';
import { settleRegions } from './service/life.ts';
import { simulatedKey } from './service/simulated-key.ts';
import { declareRegionFacts, registerRegion } from './service.ts';

let bed: TestBed;
let key: RegionKeyPair;
beforeAll(async () => {
  bed = await testBed();
  key = await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
});
afterAll(() => bed.close());

const operator = () => createCaller(bed.as(person('operator'))).regions;
const beat = (by: RegionKeyPair, name: string, more: Record<string, unknown> = {}) => {
  const now = bed.clock.now();
  return heartbeatEnvelope(by, { name, sequence: now.getTime(), at: now, ...more });
};
const say = (by: RegionKeyPair, name: string, more = {}) =>
  operator().heartbeat({ ...beat(by, name, more), name });
const stateOf = async (name: string) => (await operator().get({ name })).state;
const cause = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    error => error.cause,
  );
const settle = () => settleRegions(bed.system);

describe('heartbeats', () => {
  it('are accepted once, with a growing sequence, and tell what a region reports', async () => {
    bed.clock.advance(1000);
    const first = beat(key, 'eu-west', { version: '9.1', checks: { P2: 'PASS' }, load: { cpu: 0.4 } });
    expect(await operator().heartbeat({ ...first, name: 'eu-west' })).toMatchObject({
      status: 'accepted',
      state: 'active',
      sequence: bed.clock.now().getTime(),
    });
    expect(await cause(operator().heartbeat({ ...first, name: 'eu-west' }))).toMatchObject({
      code: 'region.heartbeat_stale',
      kind: 'conflict',
    });
    const older = heartbeatEnvelope(key, { name: 'eu-west', sequence: 5, at: bed.clock.now() });
    expect(await cause(operator().heartbeat({ ...older, name: 'eu-west' }))).toMatchObject({
      code: 'region.heartbeat_stale',
    });
    expect(await operator().get({ name: 'eu-west' })).toMatchObject({
      heardAt: bed.clock.now().toISOString(),
      report: { version: '9.1', load: { cpu: 0.4 } },
    });
    const { regions } = await operator().status({});
    expect(regions.find(r => r.name === 'eu-west')).toMatchObject({
      policies: { P2: 'PASS' },
      role: 'member',
    });
    expect((await operator().pulses({ name: 'eu-west' })).rows).toMatchObject([
      { beats: 1, gapMs: 0 }, // before the first there is no silence to speak of
    ]);
  });

  it('that prove nothing change nothing, and each refusal has its name', async () => {
    const before = await operator().get({ name: 'eu-west' });
    bed.clock.advance(100);
    const good = beat(key, 'eu-west');
    const stranger = regionKeyPair();
    const forged = {
      ...good,
      payload: Buffer.from(
        JSON.stringify({ name: 'eu-west', sequence: 9e15, at: bed.clock.now().toISOString() }),
      ).toString('base64'),
    };
    for (const [input, code] of [
      [{}, 'unsigned'],
      [{ ...good, signatures: [] }, 'unsigned'],
      [forged, 'tampered'],
      [beat(stranger, 'eu-west'), 'wrong_key'],
      [{ ...good, payloadType: 'application/vnd.atom.region+json' }, 'wrong_type'],
      [beat(key, 'eu-west', { sequence: 'x' }), 'bad_content'],
      [beat(key, 'elsewhere'), 'other_region'],
      [beat(key, 'eu-west', { at: new Date(bed.clock.now().getTime() + 301_000) }), 'clock'],
    ] as const)
      expect(await cause(operator().heartbeat({ ...input, name: 'eu-west' } as never))).toMatchObject({
        code: `region.heartbeat_${code}`,
      });
    expect(await operator().get({ name: 'eu-west' })).toEqual(before);
    expect(await bed.rows("select 1 from ledger_entry where type = 'region.heartbeat_refused'")).toHaveLength(
      4,
    );
  });

  it('that are forged again and again leave a few entries, and the region’s own come through all the same', async () => {
    const entries = async () =>
      (await bed.rows("select 1 from ledger_entry where type = 'region.heartbeat_refused'")).length;
    const before = await entries();
    const stranger = regionKeyPair();
    const codes = new Set<unknown>();
    for (let i = 0; i < 40; i += 1) {
      const said = await cause(operator().heartbeat({ ...beat(stranger, 'eu-west'), name: 'eu-west' }));
      codes.add((said as { code?: string }).code);
    }
    expect([...codes]).toEqual(['region.heartbeat_wrong_key', 'request.rate_limited']);
    expect((await entries()) - before).toBeLessThanOrEqual(10);
    bed.clock.advance(1);
    expect(await operator().heartbeat({ ...beat(key, 'eu-west'), name: 'eu-west' })).toMatchObject({
      status: 'accepted',
    });
  });

  it('in a batch: a bad one harms no good one', async () => {
    const other = await registerTestRegion(bed, { name: 'us-east', country: 'US' });
    bed.clock.advance(1000);
    const good = beat(key, 'eu-west');
    const outcomes = await acceptHeartbeats(bed.system, [
      good,
      beat(key, 'us-east'),
      beat(other, 'us-east'),
      good,
      7,
    ]);
    expect(outcomes.map(o => o.refused ?? 'accepted')).toEqual([
      'accepted',
      'wrong_key',
      'accepted',
      'stale',
      'unknown',
    ]);
  });

  it('of which several processes hear the same, count once', async () => {
    bed.clock.advance(1000);
    const same = beat(key, 'eu-west');
    const outcomes = await Promise.all([1, 2, 3].map(() => acceptHeartbeats(bed.system, [same])));
    expect(outcomes.flat().map(o => o.refused ?? 'accepted')).toEqual(
      expect.arrayContaining(['accepted', 'stale', 'stale']),
    );
    expect(
      await bed.rows(
        `select 1 from region_beat where region_id = 'eu-west' and sequence = ${bed.clock.now().getTime()}`,
      ),
    ).toHaveLength(1);
  });

  it('of a real region are nothing to the anonymous simulation principal', async () => {
    const real = await registerTestRegion(bed, { name: 'real-1', country: 'FR', environment: 'staging' });
    const anyone = createCaller(bed.as(simulationPrincipal)).regions;
    expect(await cause(anyone.heartbeat({ ...beat(real, 'real-1'), name: 'real-1' }))).toMatchObject({
      kind: 'not_found',
    });
  });
});

describe('a region that goes silent', () => {
  it('is degraded, then unreachable, is told of once, and is quarantined with what changed when it returns', async () => {
    let version = 1;
    declareRegionFacts('Probe', async () => ({ version }));
    bed.clock.advance(1000);
    await say(key, 'eu-west');
    bed.clock.advance(4999);
    await settle();
    expect(await stateOf('eu-west')).toBe('active');
    bed.clock.advance(1);
    await settle();
    expect(await stateOf('eu-west')).toBe('degraded');
    bed.clock.advance(5000);
    await Promise.all([settle(), settle(), settle()]); // several workers look at the same time
    expect(await stateOf('eu-west')).toBe('unreachable');
    const moves = await bed.rows<{ to: string }>(
      `select convert_from(body, 'utf8')::jsonb #>> '{detail,to}' as to from ledger_entry
       where type = 'region.state_changed' and target = 'region:eu-west' order by id`,
    );
    expect(moves.map(m => m.to)).toEqual(['degraded', 'unreachable']);
    const told = await bed.rows(
      "select body from outbox where body::text like '%Region eu-west is unreachable%'",
    );
    expect(told).toHaveLength(1);

    version = 2;
    bed.clock.advance(60_000);
    expect(await say(key, 'eu-west', { version: '9.2' })).toMatchObject({ state: 'quarantined' });
    await settle();
    bed.clock.advance(60_000);
    await settle();
    expect(await stateOf('eu-west')).toBe('quarantined');
    const back = await operator().returned({ name: 'eu-west' });
    expect(back.differences).toEqual(
      expect.arrayContaining([{ what: 'Probe, version', before: 1, after: 2 }]),
    );
    expect(await cause(operator().retire({ name: 'nowhere', reason: 'gone away' }))).toMatchObject({
      kind: 'not_found',
    });
    expect(await operator().readmit({ name: 'eu-west', reason: 'looked at it' })).toMatchObject({
      state: 'active',
    });
    expect((await operator().returned({ name: 'eu-west' })).differences).toEqual([]);
    expect(await cause(operator().readmit({ name: 'eu-west', reason: 'again' }))).toMatchObject({
      code: 'region.state',
    });
  });

  it('is never deleted, and a retired one stays silent for good', async () => {
    const gone = await registerTestRegion(bed, { name: 'gone', country: 'FR' });
    bed.clock.advance(30 * 86_400_000);
    await settle();
    await settle();
    expect(await stateOf('gone')).toBe('unreachable');
    expect(await operator().retire({ name: 'gone', reason: 'closed' })).toMatchObject({ state: 'retired' });
    expect(await cause(say(gone, 'gone'))).toMatchObject({ code: 'region.heartbeat_retired' });
    await settle();
    expect(await stateOf('gone')).toBe('retired');
  });
});

describe('the simulated world', () => {
  it('sends heartbeats for its regions, and a region-loss fault silences one until it is healed', async () => {
    const own = simulatedKey('sa-east');
    const content = {
      ...registrationContent('sa-east', { ...own, privateKey: own.key }),
      provider: 'simulated',
    };
    await registerRegion(bed.system, registrationEnvelope(content, { ...own, privateKey: own.key }));
    const round = async () => {
      bed.clock.advance(2000);
      await acceptHeartbeats(bed.system, await simulatedHeartbeats.due(bed.system));
      await settle();
      return stateOf('sa-east');
    };
    expect(await round()).toBe('active');
    const world = (command: Parameters<typeof appendWorldCommand>[1]) =>
      bed.system.commit({ type: 'world.changed', target: { kind: 'world', id: 'x' } }, tx =>
        appendWorldCommand(tx, command, bed.clock.now()),
      );
    await world({ kind: 'region.fail', region: 'sa-east' });
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) seen.push(await round());
    expect(seen).toEqual(['active', 'active', 'degraded', 'degraded', 'unreachable', 'unreachable']);
    await world({ kind: 'region.restore', region: 'sa-east' });
    expect(await round()).toBe('quarantined');
  });
});

describe('production and keys', () => {
  it('a production region waits as pending, and the approval admits exactly what was asked', async () => {
    const asker = await testPerson(bed, 'asker', ['operator']);
    const approver = await testPerson(bed, 'signs', ['approver']);
    const own = regionKeyPair();
    const envelope = registrationEnvelope(
      registrationContent('prod-1', own, { environment: 'production' }),
      own,
    );
    const asked = await (await asker.caller()).regions.register(envelope);
    expect(asked).toMatchObject({ status: 'approval_required' });
    expect(await (await asker.caller()).regions.register(envelope)).toEqual(asked);
    expect(await say(own, 'prod-1')).toMatchObject({ state: 'pending' });
    await settle();
    expect(await stateOf('prod-1')).toBe('pending');
    await approve(approver, 'requestId' in asked ? asked.requestId : '');
    expect(await operator().get({ name: 'prod-1' })).toMatchObject({ state: 'active', simulated: false });

    const next = regionKeyPair();
    const rekeyed = registrationEnvelope(
      registrationContent('prod-1', next, { environment: 'production' }),
      next,
    );
    const change = await (await asker.caller()).regions.register(rekeyed);
    expect(change).toMatchObject({ status: 'approval_required' });
    expect(await cause(say(next, 'prod-1'))).toMatchObject({ code: 'region.heartbeat_wrong_key' });
    await approve(approver, 'requestId' in change ? change.requestId : '');
    bed.clock.advance(1000);
    expect(await say(next, 'prod-1')).toMatchObject({ state: 'active' });
    expect(await cause(say(own, 'prod-1'))).toMatchObject({ code: 'region.heartbeat_wrong_key' });
  });
});

async function approve(who: TestPerson, id: string) {
  const { approvals } = await who.caller();
  const asked = await approvals.prepare({ id, decision: 'approve' });
  await approvals.decide({
    challengeId: asked.challengeId,
    proof: { kind: 'totp', code: who.code() },
    reason: 'looked at it',
  });
  await releaseApproval(bed.system, id);
}

describe('the control of registrations', () => {
  it('passes what regions signed, and fails once a row says something else', async () => {
    expect(await signedRegions.run(bed.system)).toMatchObject({ result: 'PASS' });
    await bed.rows("update region set url = 'https://elsewhere.example' where id = 'us-east'");
    expect(await signedRegions.run(bed.system)).toMatchObject({
      result: 'FAIL',
      reason: expect.stringContaining('us-east'),
    });
  });
});
