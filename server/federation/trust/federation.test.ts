import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { signRequestBy } from '#kernel/http/message-signatures.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import { activeSigners, signHybrid } from '#kernel/signing/signer.ts';
import { type TestPerson, testPerson } from '#scripts/testing/approvers.ts';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { heartbeatEnvelope, type RegionKeyPair, registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { releaseApproval } from '#server/governance/approvals/service/release.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { attachTrust } from '#workers/trust.ts';
import { revocationSpread, trustBundles } from './controls.ts';
import { joinType } from './schema.ts';
import { refreshDue } from './service/refresh.ts';
import { messageSigner, nameSelf, ownBundle } from './service/self.ts';
import { announce } from './service/spread.ts';
import { heard, standing } from './service.ts';

/** Two installations: each with its own database, its own port, its own keys. They know each other by HTTP only. */
interface Console {
  bed: TestBed;
  server: FastifyInstance;
  url: string;
  name: string;
  asks: TestPerson;
  signs: TestPerson[];
  regionKey: RegionKeyPair;
}
let a: Console;
let b: Console;

async function start(name: string): Promise<Console> {
  const bed = await testBed();
  const system = systems.find(s => s.key === 'trust');
  if (!system) throw new Error('trust');
  const server = portServer(system, bed);
  attachTrust(bed)(server);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  nameSelf(bed.database, { trustDomain: name, endpoint: url });
  const asks = await testPerson(bed, 'asks', ['operator']);
  const signs = [await testPerson(bed, 'first', ['approver']), await testPerson(bed, 'second', ['approver'])];
  const regionKey = await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  return { bed, server, url, name, asks, signs, regionKey };
}

beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_ALLOWED_HOSTS: '127.0.0.1' });
  a = await start('alpha.example');
  b = await start('beta.example');
  // Both seal under one secret in this process; the second one's keys are rotated to be its own.
  for (const key of await activeSigners(b.bed.database, b.bed.clock)) {
    const admin = createCaller(b.bed.as({ ...person('admin'), mfaAt: b.bed.clock.now(), mfaEnrolled: true }));
    await admin.keys.rotate({ id: key.keyid, reason: 'a key of its own', overlapDays: 0 });
  }
});
afterAll(async () => {
  for (const side of [a, b]) {
    await side.server.close();
    await side.bed.close();
  }
});

const as = (side: Console, role: 'admin' | 'operator') =>
  createCaller(side.bed.as({ ...person(role), mfaAt: side.bed.clock.now(), mfaEnrolled: true })).trust;
const memberOf = async (side: Console, id: string) =>
  (await as(side, 'operator').members()).members.find(member => member.id === id);
const cause = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    error => error.cause ?? error,
  );
const tick = (ms: number) => {
  for (const side of [a, b]) side.bed.clock.advance(ms);
};
const sync = () => {
  const latest = Math.max(a.bed.clock.now().getTime(), b.bed.clock.now().getTime());
  for (const side of [a, b]) side.bed.clock.set(new Date(latest));
};

async function admit(side: Console, id: string): Promise<void> {
  const asked = await (await side.asks.caller()).trust.admit({ id, reason: 'we know them' });
  if (!('requestId' in asked)) throw new Error('admitted without two people');
  for (const [n, who] of side.signs.entries()) {
    const { approvals } = await who.caller();
    const challenge = await approvals.prepare({ id: asked.requestId, decision: 'approve' });
    const { approval } = await approvals.decide({
      challengeId: challenge.challengeId,
      proof: { kind: 'totp', code: who.code() },
      reason: 'known to us',
    });
    expect(approval.state).toBe(n === 0 ? 'pending' : 'approved');
  }
  await releaseApproval(side.bed.system, asked.requestId);
  sync();
}

/** Joins at alpha under a name, with the keys of one side. */
async function join(token: string, trustDomain: string, side: Console, more: object = {}) {
  const content = {
    purpose: 'atom-federation-join',
    trustDomain,
    endpoint: b.url,
    token: sha256Hex(token),
    at: a.bed.clock.now().toISOString(),
    bundle: (await ownBundle(side.bed)).body,
    ...more,
  };
  const signers = await activeSigners(side.bed.database, side.bed.clock);
  const response = await fetch(`${a.url}/federation/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, envelope: await signHybrid(joinType, canonicalBytes(content), signers) }),
  });
  return { status: response.status, body: (await response.json()) as { code?: string; state?: string } };
}

describe('two consoles', () => {
  it('a join without a good invitation, key or signature is refused by name and written down', async () => {
    sync();
    const invited = await as(a, 'admin').invite({ trustDomain: b.name });
    const own = (await ownBundle(b.bed)).body;
    const signers = await activeSigners(b.bed.database, b.bed.clock);
    const strangers = await activeSigners(a.bed.database, a.bed.clock);
    const content = {
      purpose: 'atom-federation-join',
      trustDomain: b.name,
      endpoint: b.url,
      token: sha256Hex(invited.token),
      at: a.bed.clock.now().toISOString(),
      bundle: own,
    };
    const post = async (token: string, changed: object, by = signers) => {
      const envelope = await signHybrid(joinType, canonicalBytes({ ...content, ...changed }), by);
      const response = await fetch(`${a.url}/federation/join`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token, envelope }),
      });
      return { status: response.status, body: (await response.json()) as { code: string } };
    };
    const { token } = invited;
    const wrong = `${token.slice(0, -2)}xx`;
    for (const [answer, status, code] of [
      [await post(wrong, { token: sha256Hex(wrong) }), 401, 'token'],
      [await post(token, { token: sha256Hex('another invitation') }), 422, 'other_token'],
      [await post(token, { trustDomain: 'gamma.example' }), 422, 'other_domain'],
      [await post(token, { at: new Date(a.bed.clock.now().getTime() - 301_000).toISOString() }), 422, 'old'],
      [await post(token, {}, strangers), 422, 'proof'],
      [
        await post(
          token,
          {},
          signers.filter(s => s.algorithm !== 'ml-dsa-65'),
        ),
        422,
        'signatures',
      ],
      [await post(token, { bundle: { ...own, keys: [{ kty: 'RSA', use: 'sig' }] } }), 422, 'bundle'],
    ] as const) {
      expect([code, answer.status, answer.body.code]).toEqual([code, status, `federation.join_${code}`]);
    }
    expect(await memberOf(a, b.name)).toBeUndefined();
    expect(
      await a.bed.rows("select 1 from ledger_entry where type = 'federation.join_refused'"),
    ).toHaveLength(7);
  });

  it('join by invitation, are admitted by two people on both sides, and hold each other’s bundles', async () => {
    const invited = await as(a, 'admin').invite({ trustDomain: b.name });
    // A first try that reached the other side, and of which nothing was kept here: whoever asked was killed meanwhile.
    const lost = await join(invited.token, b.name, b);
    expect(lost).toMatchObject({ status: 201, body: { state: 'pending' } });
    expect(await memberOf(b, a.name)).toBeUndefined();
    const entries = await a.bed.rows("select 1 from ledger_entry where type = 'federation.joined'");
    expect(await as(b, 'admin').accept({ endpoint: a.url, token: invited.token })).toMatchObject({
      id: a.name,
      state: 'pending',
    });
    expect(await a.bed.rows("select 1 from ledger_entry where type = 'federation.joined'")).toEqual(entries);
    expect(await cause(as(b, 'admin').accept({ endpoint: a.url, token: invited.token }))).toMatchObject({
      code: 'federation.join_known',
    });
    // Used once: nobody else comes by it, and the same not from elsewhere.
    expect(await join(invited.token, b.name, b, { endpoint: 'https://elsewhere.example' })).toMatchObject({
      status: 401,
      body: { code: 'federation.join_token' },
    });
    expect(await memberOf(a, b.name)).toMatchObject({ state: 'pending', origin: 'invited', endpoint: b.url });
    await admit(a, b.name);
    await admit(b, a.name);
    const held = await memberOf(a, b.name);
    expect(held).toMatchObject({ state: 'active', freshness: expect.any(String) });
    expect(held?.keys.map(key => key.algorithm).sort()).toEqual(
      expect.arrayContaining(['ed25519', 'ml-dsa-65']),
    );
    expect(await memberOf(b, a.name)).toMatchObject({ state: 'active', origin: 'joined' });
    expect(JSON.stringify(await a.bed.rows('select * from federation_invite'))).not.toContain(invited.token);
    // Admitted: what was said while it waited is not said again.
    expect(await join(invited.token, b.name, b)).toMatchObject({ status: 401 });
  });

  it('whoever was suspended before two people agreed waits for them again when it is resumed', async () => {
    await a.bed.rows(
      `insert into federation_member select (jsonb_populate_record(m, '{"id": "late.example", "trust_domain": "late.example", "state": "pending", "admitted_at": null}')).*
       from federation_member m where id = $1`,
      [b.name],
    );
    const { suspend, resume } = as(a, 'operator');
    const order = { id: 'late.example', reason: 'not sure yet' };
    await suspend(order);
    expect(await resume(order)).toMatchObject({ state: 'pending' });
    expect(await memberOf(a, 'late.example')).toMatchObject({ state: 'pending', admittedAt: null });
    await a.bed.rows("delete from federation_member where id = 'late.example'");
    // Who was admitted is again what it was.
    await suspend({ id: b.name, reason: 'to be sure' });
    expect(await resume({ id: b.name, reason: 'it was nothing' })).toMatchObject({ state: 'active' });
  });

  it('nobody joins with a key of somebody else, or of this installation', async () => {
    for (const side of [a, b]) {
      const { token } = await as(a, 'admin').invite({ trustDomain: 'gamma.example' });
      expect(await join(token, 'gamma.example', side)).toMatchObject({
        status: 422,
        body: { code: 'federation.join_taken' },
      });
    }
    expect(await memberOf(a, 'gamma.example')).toBeUndefined();
  });

  it('refresh bundles when their time comes; a new key arrives by the word of the old one', async () => {
    const before = (await memberOf(a, b.name))?.bundleSequence ?? 0;
    const admin = createCaller(b.bed.as({ ...person('admin'), mfaAt: b.bed.clock.now(), mfaEnrolled: true }));
    const [classical] = (await activeSigners(b.bed.database, b.bed.clock)).filter(
      s => s.algorithm === 'ed25519',
    );
    tick(600_000);
    await admin.keys.rotate({ id: classical?.keyid ?? '', reason: 'as every year' });
    const next = await ownBundle(b.bed);
    expect(next.sequence).toBeGreaterThan(before);
    tick(1000);
    await refreshDue(a.bed.system, () => 0);
    expect(await memberOf(a, b.name)).toMatchObject({
      bundleSequence: next.sequence,
      failures: 0,
      freshness: 'fresh',
    });
    const events = await a.bed.rows("select 1 from ledger_entry where type = 'federation.bundle_refreshed'");
    expect(events).toHaveLength(1);
    tick(400_000);
    await refreshDue(a.bed.system, () => 0); // the same again is no event
    expect(
      await a.bed.rows("select 1 from ledger_entry where type = 'federation.bundle_refreshed'"),
    ).toHaveLength(1);
  });

  it('keep the last good bundle when an address answers with other keys, or not at all', async () => {
    const good = await memberOf(a, b.name);
    await a.bed.rows('update federation_member set endpoint = $1 where id = $2', [a.url, b.name]); // somebody else's
    tick(400_000);
    await refreshDue(a.bed.system, () => 0);
    expect(await memberOf(a, b.name)).toMatchObject({
      bundleSequence: good?.bundleSequence,
      failures: 1,
      lastError: expect.stringContaining('not signed by a key that is trusted'),
    });
    await a.bed.rows("update federation_member set endpoint = 'http://127.0.0.1:1' where id = $1", [b.name]);
    tick(25 * 3_600_000);
    await refreshDue(a.bed.system, () => 0);
    expect(await memberOf(a, b.name)).toMatchObject({ failures: 2, freshness: 'expired', keys: good?.keys });
    expect(await trustBundles.run(a.bed.system)).toMatchObject({ result: 'FAIL' });
    await a.bed.rows('update federation_member set endpoint = $1 where id = $2', [b.url, b.name]);
    tick(400_000);
    await refreshDue(a.bed.system, () => 0);
    await refreshDue(b.bed.system, () => 0);
    expect(await memberOf(a, b.name)).toMatchObject({ failures: 0, freshness: 'fresh' });
    expect(await trustBundles.run(a.bed.system)).toMatchObject({ result: 'PASS' });
  });

  it('are told of a revocation, each by a signed message, and it is seen who has heard', async () => {
    sync();
    const now = () => a.bed.clock.now();
    const beat = (bundle?: number) =>
      createCaller(a.bed.as(simulationPrincipal)).regions.heartbeat({
        ...heartbeatEnvelope(a.regionKey, {
          name: 'eu-west',
          sequence: now().getTime(),
          at: now(),
          ...(bundle === undefined ? {} : { bundle }),
        }),
        name: 'eu-west',
      });
    await beat();
    await a.bed.rows("update region set state = 'active'");
    expect(await as(a, 'operator').revoke({ id: b.name, reason: 'key lost' })).toMatchObject({
      state: 'revoked',
    });
    tick(300);
    // The region hears of it with the answer, and says so with its next heartbeat.
    const answer = await beat();
    const { sequence } = await standing(a.bed);
    expect(answer.notices).toMatchObject({ trust: { sequence, revoked: [b.name] } });
    tick(300);
    await beat(sequence);
    await heard(a.bed, 'region', [{ target: 'eu-west', sequence }]); // again changes nothing
    expect(await announce(a.bed.system)).toBe(1);
    const [last] = (await as(a, 'operator').spread()).revocations;
    expect(last?.targets).toEqual([
      { kind: 'member', target: b.name, away: false, heardAfterMs: 600, error: null },
      { kind: 'region', target: 'eu-west', away: false, heardAfterMs: 600, error: null },
    ]);
    expect(await revocationSpread.run(a.bed.system)).toMatchObject({ result: 'PASS' });
    // Beta was told by alpha itself that alpha does not trust it any more.
    expect(await memberOf(b, a.name)).toMatchObject({
      state: 'suspended',
      reason: 'alpha.example no longer trusts this installation',
    });
    expect(await cause(as(a, 'operator').resume({ id: b.name, reason: 'a mistake' }))).toMatchObject({
      code: 'federation.state',
    });
  });

  it('believe no message of whoever is revoked, unsigned, changed or repeated', async () => {
    const url = `${a.url}/federation/announce`;
    const content = Buffer.from(
      JSON.stringify({
        kind: 'revocation',
        trustDomain: 'gamma.example',
        sequence: 1,
        keys: [],
        at: a.bed.clock.now().toISOString(),
      }),
    );
    const post = async (headers: Record<string, string>, body = content) => {
      const response = await fetch(url, { method: 'POST', headers, body });
      return { status: response.status, code: ((await response.json()) as { code?: string }).code };
    };
    expect(await post({ 'content-type': 'application/json' })).toEqual({
      status: 401,
      code: 'federation.message_unsigned',
    });
    const signed = await signRequestBy(
      { method: 'POST', url, body: content },
      await messageSigner(b.bed),
      b.bed.clock.now(),
    );
    expect(await post(signed)).toEqual({ status: 401, code: 'federation.message_not_member' });
    await a.bed.rows("update federation_member set state = 'active' where id = $1", [b.name]);
    expect(await post(signed)).toEqual({ status: 401, code: 'federation.message_replayed' });
    const again = () =>
      messageSigner(b.bed).then(by =>
        signRequestBy({ method: 'POST', url, body: content }, by, b.bed.clock.now()),
      );
    expect(await post(await again(), Buffer.from('{}'))).toEqual({
      status: 401,
      code: 'federation.message_digest',
    });
    expect(await post(await again())).toEqual({ status: 200, code: undefined });
    const empty = Buffer.from('{}');
    const signedEmpty = await signRequestBy(
      { method: 'POST', url, body: empty },
      await messageSigner(b.bed),
      b.bed.clock.now(),
    );
    expect(await post(signedEmpty, empty)).toEqual({ status: 401, code: 'federation.message_content' });
    const refused = await a.bed.rows(
      "select target from ledger_entry where type = 'federation.announcement_refused' order by id desc limit 1",
    );
    expect(refused).toEqual([{ target: `federation_member:${b.name}` }]);
    // Somebody who is trusted no more, but still names this key from before, does not speak for it.
    await a.bed.rows(
      `insert into federation_member select (jsonb_populate_record(m, '{"id": "aaa.example", "trust_domain": "aaa.example", "state": "revoked"}')).*
       from federation_member m where id = $1`,
      [b.name],
    );
    expect(await post(await again())).toEqual({ status: 200, code: undefined });
    await a.bed.rows("delete from federation_member where id = 'aaa.example'");
  });

  it('tell a member of each revocation by itself: one that it refused is not heard with the next', async () => {
    sync();
    await a.bed.rows("update federation_member set state = 'active' where id = $1", [b.name]);
    await b.bed.rows("update federation_member set state = 'active' where id = $1", [a.name]);
    for (const [sequence, domain] of [
      [101, 'NO DOMAIN'],
      [102, 'gone.example'],
    ]) {
      await a.bed.rows(
        "insert into federation_revocation (sequence, member_id, trust_domain, keys, reason, at) values ($1, $2, $2, '{}', 'test', $3)",
        [sequence, domain, a.bed.clock.now()],
      );
      await a.bed.rows("insert into federation_spread (sequence, kind, target) values ($1, 'member', $2)", [
        sequence,
        b.name,
      ]);
    }
    expect(await announce(a.bed.system)).toBe(1);
    expect(
      await a.bed.rows(
        'select sequence, heard_at is null as open, attempts from federation_spread where sequence < 200 order by 1',
      ),
    ).toMatchObject([
      { open: true, attempts: 1 },
      { open: false, attempts: 0 },
    ]);
    await a.bed.rows('delete from federation_spread where sequence < 200');
    await a.bed.rows('delete from federation_revocation where sequence < 200');
  });

  it('write down who was away, and that they have not heard', async () => {
    sync();
    await a.bed.rows(
      "insert into relay (id, labels, public_key, state, agent, simulated, joined_at, updated_at) values ('edge-9', '{}', 'none', 'admitted', 'test', true, now(), now())",
    );
    await registerTestRegion(a.bed, { name: 'us-east', country: 'US' });
    await a.bed.rows("update region set state = 'unreachable' where id = 'us-east'");
    await a.bed.rows("update region set state = 'active' where id = 'eu-west'");
    await a.bed.rows("update federation_member set state = 'active' where id = $1", [b.name]);
    await as(a, 'operator').revoke({ id: b.name, reason: 'once more' });
    const { sequence } = await standing(a.bed);
    await heard(a.bed, 'region', [{ target: 'eu-west', sequence }]);
    tick(10_000);
    const [last] = (await as(a, 'operator').spread()).revocations;
    expect(last?.targets).toMatchObject([
      { kind: 'member', target: b.name, away: false },
      { kind: 'region', target: 'eu-west', away: false, heardAfterMs: 0 },
      { kind: 'region', target: 'us-east', away: true, heardAfterMs: null },
      { kind: 'relay', target: 'edge-9', away: true, heardAfterMs: null },
    ]);
    expect(await revocationSpread.run(a.bed.system)).toMatchObject({
      result: 'PASS',
      reason: expect.stringContaining(
        '1 of 3 relays and regions; away since before, and to hear on return: region us-east, relay edge-9',
      ),
    });
    await heard(a.bed, 'relay', [{ target: 'edge-9', sequence }]);
    expect((await revocationSpread.run(a.bed.system)).reason).toContain('2 of 3');
  });

  it('says late where somebody has not heard', async () => {
    await a.bed.rows('update federation_spread set heard_at = null');
    tick(2000);
    expect(await revocationSpread.run(a.bed.system)).toMatchObject({
      result: 'FAIL',
      reason: expect.stringContaining('region eu-west'),
    });
  });
});
