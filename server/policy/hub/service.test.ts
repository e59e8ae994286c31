import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { publicPem } from '#kernel/signing/algorithm.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { signBytes, signEnvelope } from '#kernel/signing/dsse.ts';
import { activeSigners, signHybrid } from '#kernel/signing/signer.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { publishNow as publishPolicy, rollbackNow as rollbackPolicy } from '#scripts/testing/publish.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { joinBytes } from '#server/policy/relay/rules/join.ts';
import { checkBeat, checkEntry } from '#server/policy/relay/rules/verify.ts';
import type { HubFrame } from '#server/policy/relay/schema.ts';
import { RelayEngine } from '#server/policy/relay/service/engine.ts';
import {
  admitRelay,
  createJoinToken,
  joinRelay,
  revokeRelay,
  tokenHash,
} from '#server/policy/relay/service/registry.ts';
import { type Disk, openDisk } from '#server/policy/relay/store/disk.ts';
import { createCaller } from '#server/root.ts';
import { consoleSigning, hubName } from './service/console-signing.ts';
import { Hub } from './service/hub.ts';
import type { Session } from './service/session.ts';
import { signedBeat } from './service/signing.ts';
import { entriesAfter } from './store/log.ts';

let bed: TestBed;
let hub: Hub;
let token: string;
let mono = 0;
const ctx = () => systemContext('test', bed.database, bed.clock);

beforeAll(async () => {
  bed = await testBed();
  hub = new Hub({
    database: bed.database,
    clock: bed.clock,
    signing: consoleSigning(bed.database, bed.clock),
  });
  await hub.start();
  token = (await createJoinToken(ctx(), { name: 'test', maxUses: 20, hours: 1 })).token;
});
afterAll(async () => {
  await hub.stop();
  await bed.close();
});

/** A relay with its wire: what is sent while it is cut is lost, as on a real one. */
class TestRelay {
  readonly engine: RelayEngine;
  readonly disk: Disk;
  readonly id: string;
  session: Session | null = null;
  /** Loses what the hub sends / what the relay sends. */
  deaf = false;
  mute = false;
  #work: Promise<unknown> = Promise.resolve();

  static async join(id: string, region?: string, keysFrom = 0): Promise<TestRelay> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const at = bed.clock.now().toISOString();
    const pem = publicPem(publicKey);
    const proof = signBytes(privateKey, joinBytes({ id, publicKey: pem, at }, tokenHash(token))).toString(
      'base64',
    );
    await joinRelay(
      ctx(),
      { id, publicKey: pem, at, proof, token, labels: {}, agent: 'test', ...(region ? { region } : {}) },
      { admit: true, simulated: true },
    );
    const disk = openDisk(':memory:');
    const keys = await consoleSigning(bed.database, bed.clock).keys();
    disk.pin({
      id,
      hub: hubName(),
      keys,
      keysFrom,
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    });
    return new TestRelay(id, disk, privateKey);
  }

  constructor(id: string, disk: Disk, key: import('node:crypto').KeyObject) {
    this.id = id;
    this.disk = disk;
    this.engine = new RelayEngine({
      id,
      key,
      disk,
      agent: 'test',
      now: () => bed.clock.now(),
      mono: () => mono,
      send: frame => {
        if (this.session && !this.mute) this.#later(this.session.receive(JSON.stringify(frame)));
      },
    });
  }

  async connect(): Promise<this> {
    this.engine.opened();
    this.session = hub.open(
      text => {
        if (!this.deaf) this.#later(this.engine.receive(JSON.parse(text) as HubFrame));
      },
      () => this.engine.closed(),
    );
    await this.settled();
    return this;
  }

  cut(): void {
    if (this.session) hub.closed(this.session);
    this.session = null;
    this.engine.closed();
  }

  #later(work: Promise<unknown>): void {
    this.#work = Promise.all([this.#work, work]);
  }

  async settled(): Promise<void> {
    for (let seen: unknown; seen !== this.#work; ) {
      seen = this.#work;
      await seen;
    }
  }

  active = () => this.engine.status().active.map(a => [a.policy, a.version, a.epoch]);
}

const relays: TestRelay[] = [];
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) {
    for (const relay of relays) await relay.settled();
    if ((await hub.step()) === 0) return;
  }
}
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    const step = Math.min(1000, left);
    bed.clock.advance(step);
    mono += step;
    await hub.beat();
    for (const relay of relays) {
      await relay.settled();
      await relay.engine.beat();
      await relay.settled();
    }
  }
}
const retention = (id: string, days: number, extra: object = {}) => ({
  id,
  kind: 'retention',
  document: { defaultDays: days },
  ...extra,
});
const rolloutOf = async (id: string) =>
  (await bed.rows('select state, reason, epoch from policy_rollout where id = $1', [id]))[0];

describe('the mesh', () => {
  it('activates a policy on every relay, signed twice, under one epoch', async () => {
    for (const id of ['r1', 'r2', 'r3'])
      relays.push(await (await TestRelay.join(id, 'eu-central')).connect());
    await pass(1000);
    const published = await publishPolicy(ctx(), retention('keep', 30));
    await settle();
    await hub.step();
    expect(published).toMatchObject({ id: 'keep', version: 1, state: 'staging' });
    expect(relays.map(r => r.active())).toEqual([[['keep', 1, 1]], [['keep', 1, 1]], [['keep', 1, 1]]]);
    const held = await bed.rows('select relay_id, hash, epoch from relay_policy order by relay_id');
    expect(held.map(h => h.hash)).toEqual(Array(3).fill(published.policy_hash));
    expect(relays[0]?.engine.decide('retention', {})).toMatchObject({
      obligations: { days: 30 },
      stale: false,
      epoch: 1,
    });
    expect(await bed.rows("select state from policy_version where policy_id = 'keep'")).toEqual([
      { state: 'active' },
    ]);
  });

  it('refuses what is unsigned, changed, of a stranger, or does not hold together', async () => {
    const content = canonicalBytes(retention('signed', 5));
    const type = 'application/vnd.atom.policy+json';
    const [classical] = await activeSigners(bed.database, bed.clock);
    if (!classical) throw new Error('no signer');
    const good = await signHybrid(type, content, [classical]);
    const tampered = { ...good, payload: canonicalBytes(retention('signed', 6)).toString('base64') };
    const stranger = signEnvelope(type, content, [
      { id: 'x', key: generateKeyPairSync('ed25519').privateKey },
    ]);
    const machine = { ...ctx(), principal: { ...ctx().principal, kind: 'token' as const } };
    const code = (input: unknown) =>
      publishPolicy(machine, input).then(
        p => p.version,
        e => e.code,
      );
    expect(await code(retention('signed', 5))).toBe('policy.unsigned');
    expect(await code({ ...good, signatures: [] })).toBe('policy.unsigned');
    expect(await code(tampered)).toBe('policy.tampered');
    expect(await code(stranger)).toBe('policy.wrong_key');
    expect(await code({ ...good, payloadType: 'text/plain' })).toBe('policy.wrong_type');
    expect(await code({ payload: 1 })).toBe('policy.malformed');
    expect(await code(good)).toBe(1);
    await expect(publishPolicy(ctx(), { id: 'bad', kind: 'retention', document: {} })).rejects.toMatchObject({
      code: 'policy.invalid',
      details: { issues: [{ field: 'document.defaultDays' }] },
    });
    await expect(
      publishPolicy(ctx(), { ...retention('keep', 1), kind: 'consent', document: {} }),
    ).rejects.toMatchObject({
      code: 'policy.kind',
    });
    await expect(publishPolicy(ctx(), retention('keep', 30))).rejects.toMatchObject({
      code: 'policy.unchanged',
    });
    await settle();
  });

  it('catches a relay up from its own cursor after it was away', async () => {
    const [away] = relays;
    away?.cut();
    await pass(4000);
    await publishPolicy(ctx(), retention('keep', 31));
    await settle();
    expect(relays[1]?.active()).toContainEqual(['keep', 2, 3]);
    expect(away?.active()).toContainEqual(['keep', 1, 1]);
    expect(away?.engine.decide('retention', {})).toMatchObject({ stale: true });
    await away?.connect();
    await pass(1000);
    await settle();
    expect(away?.active()).toContainEqual(['keep', 2, 3]);
    expect(away?.engine.decide('retention', {})).toMatchObject({ stale: false, obligations: { days: 5 } });
  });

  it('does not activate a strict kind before a relay that cannot acknowledge has run out of its lease', async () => {
    const [silent, other] = relays;
    if (!silent || !other) throw new Error('no relays');
    silent.mute = true;
    const { rollout } = await publishPolicy(ctx(), {
      id: 'who',
      kind: 'consent',
      document: { granted: ['sharing'] },
    });
    await settle();
    await pass(1000);
    await settle();
    expect(await rolloutOf(rollout)).toMatchObject({ state: 'staged' });
    expect(silent.engine.fresh()).toBe(true);
    await pass(1000);
    await settle();
    expect(await rolloutOf(rollout)).toMatchObject({ state: 'staged' });
    await pass(3000);
    expect(silent.engine.fresh()).toBe(false);
    await settle();
    expect(await rolloutOf(rollout)).toMatchObject({ state: 'active' });
    expect(other.active().map(a => a[0])).toContain('who');
    silent.mute = false;
    silent.cut();
    await silent.connect();
    await pass(1000);
    await settle();
    expect(silent.active().map(a => a[0])).toContain('who');
    expect(silent.engine.fresh()).toBe(true);
  });

  it('withdraws below quorum, and nothing of it is active anywhere', async () => {
    for (const relay of relays.slice(1)) relay.mute = true;
    const { rollout } = await publishPolicy(ctx(), retention('keep', 99));
    await settle();
    await pass(2000);
    await settle();
    expect(await rolloutOf(rollout)).toMatchObject({
      state: 'withdrawn',
      reason: '1 of 3 reachable relays hold it at the deadline; 2 are needed.',
    });
    for (const relay of relays) {
      relay.mute = false;
      relay.cut();
      await relay.connect();
      expect(relay.active()).toContainEqual(['keep', 2, 3]);
      expect(relay.engine.status().staged).toEqual([]);
    }
  });

  it('rolls back by a newer version with the old content', async () => {
    const back = await rollbackPolicy(ctx(), { id: 'keep', toVersion: 1, reason: 'too long' });
    expect(back.version).toBe(4);
    await pass(1000);
    await settle();
    for (const relay of relays) expect(relay.active()).toContainEqual(['keep', 4, 5]);
    expect(relays[0]?.engine.policy('keep')?.document).toMatchObject({ defaultDays: 30 });
  });

  it('goes on where a hub died between staging and activation', async () => {
    for (const relay of relays) relay.mute = true;
    const { rollout } = await publishPolicy(ctx(), retention('keep', 12));
    await settle();
    expect(await rolloutOf(rollout)).toMatchObject({ state: 'staged' });
    for (const relay of relays) relay.cut();
    hub = new Hub({
      database: bed.database,
      clock: bed.clock,
      signing: consoleSigning(bed.database, bed.clock),
    });
    await hub.start();
    for (const relay of relays) {
      relay.mute = false;
      await relay.connect();
    }
    await pass(2000);
    await settle();
    await pass(2000);
    await settle();
    const { state } = (await rolloutOf(rollout)) as { state: string };
    expect(['active', 'withdrawn']).toContain(state);
    const versions = new Set(relays.map(r => JSON.stringify(r.active().toSorted())));
    expect(versions.size).toBe(1);
  });

  it('sets a relay apart that lies about its hash, and one whose key was revoked does not come back', async () => {
    const [liar, revoked] = [await TestRelay.join('liar'), await TestRelay.join('gone')];
    await liar.connect();
    await revoked.connect();
    const session = liar.session;
    if (!session) throw new Error('no session');
    await bed.rows("update relay set strikes = 2 where id = 'liar'");
    const host = (session as unknown as { receive(text: string): Promise<void> }).receive.bind(session);
    await host(
      JSON.stringify({ frame: 'signed', message: { payload: 'eyJ9', payloadType: 'x', signatures: [] } }),
    );
    await revokeRelay(ctx(), 'gone', 'stolen');
    hub.drop('gone', 'revoked', 'The key of this relay was revoked.');
    await revoked.connect();
    expect(revoked.engine.status().refusedByHub).toMatch(/revoked/);
    expect(
      await admitRelay(ctx(), 'gone', 'please').then(
        () => 'ok',
        e => e.code,
      ),
    ).toBe('relay.state');
  });

  it('lets a relay in that joined after every key of the past was revoked', async () => {
    const admin = createCaller(
      bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }),
    ).keys;
    for (const { keyid } of await activeSigners(bed.database, bed.clock)) {
      await admin.revoke({ id: keyid, reason: 'stolen' });
      await hub.syncKeys();
    }
    await settle();
    await pass(1000);
    await settle();
    const keys = await consoleSigning(bed.database, bed.clock).keys();
    // What lies in the log is signed by the keys of then alone.
    const [first] = await entriesAfter(ctx().db, 0, 1);
    expect(first && checkEntry(first.entry, keys)).toMatchObject({ ok: false });
    const late = await (await TestRelay.join('late', 'eu-central', hub.state().head)).connect();
    expect(late.engine.status().cursor).toBe(hub.state().head);
    expect(late.active().toSorted()).toEqual(relays[0]?.active().toSorted());
    expect(late.disk.load()?.state).toMatchObject({ keys, pastKeys: [] });
    late.cut();
  });

  it('takes no join without the key’s own proof, and no name twice', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const pem = publicPem(publicKey);
    const at = bed.clock.now().toISOString();
    const prove = (id: string, secret: string, when = at) =>
      signBytes(privateKey, joinBytes({ id, publicKey: pem, at: when }, tokenHash(secret))).toString(
        'base64',
      );
    const join = (change: object) =>
      joinRelay(
        ctx(),
        {
          id: 'new',
          publicKey: pem,
          at,
          proof: prove('new', token),
          token,
          labels: {},
          agent: 'x',
          ...change,
        },
        { admit: false, simulated: false },
      ).then(
        r => r.state,
        e => e.code,
      );
    expect(await join({ proof: prove('other', token) })).toBe('relay.proof');
    expect(await join({ proof: Buffer.alloc(64).toString('base64') })).toBe('relay.proof');
    expect(await join({ token: 'guess', proof: prove('new', 'guess') })).toBe('relay.token');
    const old = new Date(bed.clock.now().getTime() - 600_000).toISOString();
    expect(await join({ at: old, proof: prove('new', token, old) })).toBe('relay.proof');
    expect(await join({})).toBe('pending');
    expect(await join({})).toBe('pending');
    expect(await join({ id: 'r1', proof: prove('r1', token) })).toBe('relay.name_taken');
  });
});

it('says of very many revoked members the newest, and every relay still takes the beat', async () => {
  const signing = consoleSigning(bed.database, bed.clock);
  const revoked = Array.from({ length: 1_500 }, (_, n) => `m${n}.example`);
  const head = { seq: 1, hash: '0'.repeat(64), epoch: 1, trust: { sequence: 1_500, revoked } };
  const beat = await signedBeat(signing, head, bed.clock.now(), 3_000);
  const checked = checkBeat(beat, await signing.keys(), signing.hub);
  expect(checked).toMatchObject({ ok: true, value: { trust: { sequence: 1_500 } } });
  expect(checked.ok && checked.value.trust?.revoked).toEqual(revoked.slice(0, 1_000));
});

describe('in production', () => {
  it('a policy for every tenant waits for people, and so does the admission of a relay', async () => {
    const operator = createCaller(bed.as({ ...person('operator'), mfaEnrolled: false }));
    loadEnvForTest({
      ATOM_SECRET: testSecret,
      LOG_LEVEL: 'silent',
      ENV: 'production',
      SIMULATION_MODE: 'false',
    });
    try {
      const waits = await operator.policies.publish(retention('everywhere', 5));
      expect(waits).toMatchObject({ status: 'approval_required' });
      expect(await bed.rows("select 1 from policy where id = 'everywhere'")).toEqual([]);
      const relay = await operator.relays.admit({ id: 'new', reason: 'It is ours' });
      expect(relay).toMatchObject({ status: 'approval_required' });
      expect(await bed.rows("select state from relay where id = 'new'")).toEqual([{ state: 'pending' }]);
    } finally {
      loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
    }
  });
});
