import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPublishedKeys } from '#kernel/auth/store.ts';
import { totpCode } from '#kernel/auth/totp.ts';
import { type TestPerson, testPerson } from '#scripts/testing/approvers.ts';
import { simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { unheardJob } from './events.ts';
import { escalateUnheard, runDue } from './service/due.ts';
import { releaseApproval, releaseLeftOvers } from './service/release.ts';

let bed: TestBed;
let admin: TestPerson;
let approver: TestPerson;
let second: TestPerson;
let operator: TestPerson;
let serial = 0;

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  admin = await testPerson(bed, 'admin', ['admin', 'approver']);
  approver = await testPerson(bed, 'approver', ['approver']);
  second = await testPerson(bed, 'second', ['approver']);
  operator = await testPerson(bed, 'operator', ['operator']);
});
afterAll(() => bed.close());

/** A production tenant that somebody wants suspended. */
async function suspension(by = operator, environment: 'production' | 'staging' = 'production') {
  const id = `tenant-${++serial}`;
  const { tenants } = await by.caller();
  await tenants.create({ id, name: id, environment, homeRegion: 'eu-west' });
  const answer = await tenants.suspend({ id, reason: 'unpaid' });
  return { id, requestId: 'requestId' in answer ? answer.requestId : '', answer };
}

async function decide(
  who: TestPerson,
  id: string,
  decision: 'approve' | 'deny' | 'break_glass' = 'approve',
  reason = 'because',
) {
  const { approvals } = await who.caller();
  const asked = await approvals.prepare({ id, decision });
  return approvals.decide({
    challengeId: asked.challengeId,
    proof: { kind: 'totp', code: who.code() },
    reason,
  });
}
async function sign(who: TestPerson, id: string, decision: 'approve' | 'deny' = 'approve') {
  const { approvals } = await who.caller();
  const asked = await approvals.prepare({ id, decision });
  const proof = { kind: 'totp' as const, code: who.code() };
  return (await approvals.sign({ challengeId: asked.challengeId, proof, reason: 'because' })).token;
}
const get = async (id: string) => (await admin.caller()).approvals.get({ id });
const release = (id: string) => releaseApproval(bed.system, id);
const stateOf = async (tenant: string) => (await (await operator.caller()).tenants.get({ id: tenant })).state;
const effects = (tenant: string) =>
  bed.rows("select actor from ledger_entry where type = 'tenant.suspended' and target = $1", [
    `tenant:${tenant}`,
  ]);
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    error => error.cause?.code ?? error.code,
  );

async function terms(id: string, change: object) {
  bed.clock.advance(30_000);
  const caller = await admin.caller();
  await caller.mfa.stepUp({ code: admin.code() });
  const row = (await (await admin.caller()).approvals.policies()).rows.find(r => r.id === id);
  if (!row) throw new Error(id);
  return (await admin.caller()).approvals.updatePolicy({
    id,
    version: row.version,
    terms: { ...row.terms, ...change },
    reason: 'for the test',
  });
}

describe('a request that reached nobody', () => {
  it('is escalated at once, once, while it waits; what the requester is told is no reason', async () => {
    const { requestId } = await suspension();
    expect(unheardJob(`approval:${requestId}`)).toMatchObject({ payload: { id: requestId } });
    expect(unheardJob(`approval:${requestId}:requester`)).toBeNull();
    expect(unheardJob('alert:x')).toBeNull();
    const escalations = () =>
      bed.rows("select 1 from ledger_entry where type = 'approval.escalated' and target = $1", [
        `approval:${requestId}`,
      ]);
    await escalateUnheard(bed.system, requestId);
    await escalateUnheard(bed.system, requestId);
    expect(await escalations()).toHaveLength(1);
    expect(await get(requestId)).toMatchObject({ state: 'pending' });
    const settled = await suspension();
    await decide(approver, settled.requestId, 'deny');
    await escalateUnheard(bed.system, settled.requestId);
    expect((await get(settled.requestId)).state).toBe('denied');
  });
});

describe('a command that needs approval', () => {
  it('waits, is shown in full, and runs once as whoever asked', async () => {
    const { id, requestId, answer } = await suspension();
    expect(answer).toEqual({ status: 'approval_required', requestId });
    expect(await stateOf(id)).toBe('active');
    const again = await (await operator.caller()).tenants.suspend({ id, reason: 'unpaid' });
    expect(again).toEqual(answer);
    const shown = await get(requestId);
    expect(shown).toMatchObject({
      state: 'pending',
      procedure: 'tenants.suspend',
      input: { id, reason: 'unpaid' },
      change: { before: { state: 'active' }, after: { state: 'suspended' } },
      risk: null,
      cost: null,
      couldDecide: ['admin', 'approver', 'second'],
    });
    const { approval } = await decide(approver, requestId);
    expect(approval.state).toBe('approved');
    await Promise.all([release(requestId), release(requestId), release(requestId)]);
    await release(requestId);
    expect(await stateOf(id)).toBe('suspended');
    expect(await effects(id)).toEqual([{ actor: `user:${operator.id}` }]);
    expect(await get(requestId)).toMatchObject({ state: 'released', outcome: 'It ran' });
    const released = await bed.rows(
      "select 1 from ledger_entry where type = 'approval.released' and target = $1",
      [`approval:${requestId}`],
    );
    expect(released).toHaveLength(1);
  });

  it('needs nobody where the policy does not apply', async () => {
    const { id } = await suspension(operator, 'staging');
    expect(await stateOf(id)).toBe('suspended');
  });

  it('tells people within the same commit, and takes it back on decision', async () => {
    const { requestId } = await suspension();
    const jobs = async () =>
      (
        await bed.rows<{ task: string }>(
          "select body->>'task' as task from outbox where kind = 'job' and body::text like $1",
          [`%${requestId}%`],
        )
      ).map(row => row.task);
    expect(await jobs()).toEqual(['notifications.accept', 'approvals.due']);
    await decide(approver, requestId, 'deny');
    expect((await jobs()).slice(2)).toEqual(['notifications.retire', 'notifications.accept']);
  });

  it('lets nobody decide on their own wish, also not through a token they made', async () => {
    const { requestId } = await suspension(admin);
    expect(await code(decide(admin, requestId))).toBe('approval.excluded');
    expect((await get(requestId)).couldDecide).toEqual(['approver', 'second']);
    expect(await code(decide(operator, requestId))).toBe('approval.not_eligible');
  });

  it('a denial is final', async () => {
    const { id, requestId } = await suspension();
    await decide(approver, requestId, 'deny', 'not now');
    expect(await code(decide(second, requestId))).toBe('approval.settled');
    await release(requestId);
    expect(await stateOf(id)).toBe('active');
    expect(await get(requestId)).toMatchObject({ state: 'denied', outcome: 'not now' });
    await expect(
      bed.rows("update approval_request set state = 'approved' where id = $1", [requestId]),
    ).rejects.toThrow(/cannot become/);
    await expect(
      bed.rows("update approval_request set input = '{}' where id = $1", [requestId]),
    ).rejects.toThrow(/cannot be changed/);
  });

  it('is withdrawn by whoever asked, and by nobody else', async () => {
    const { requestId } = await suspension();
    const reason = 'not needed any more';
    expect(await code((await admin.caller()).approvals.withdraw({ id: requestId, reason }))).toBe(
      'approval.not_requester',
    );
    await (await operator.caller()).approvals.withdraw({ id: requestId, reason });
    expect(await code(decide(approver, requestId))).toBe('approval.settled');
  });
});

describe('exactly once', () => {
  it('parallel approvals count each, and release once', async () => {
    await terms('tenant.suspend', { expression: { role: 'approver', count: 2 } });
    const { id, requestId } = await suspension();
    const people = [admin, approver, second];
    const prepared = await Promise.all(
      people.map(async who => (await who.caller()).approvals.prepare({ id: requestId, decision: 'approve' })),
    );
    bed.clock.advance(30_000);
    const results = await Promise.all(
      people.map(async (who, i) => {
        const caller = await who.caller();
        return code(
          caller.approvals.decide({
            challengeId: prepared[i]?.challengeId ?? '',
            proof: { kind: 'totp', code: totpCode(who.secret, bed.clock.now()) },
          }),
        );
      }),
    );
    expect(results.toSorted()).toEqual(['approval.settled', 'done', 'done']);
    await Promise.all([release(requestId), release(requestId), releaseLeftOvers(bed.system)]);
    expect(await effects(id)).toHaveLength(1);
    await terms('tenant.suspend', { expression: { role: 'approver', count: 1 } });
  });

  it('a crash between decision and release loses nothing and runs nothing twice', async () => {
    const { id, requestId } = await suspension();
    await decide(approver, requestId);
    // The worker dies before the job: nothing happened, and what sweeps later finds it.
    await bed.rows("delete from outbox where kind = 'job'");
    expect(await stateOf(id)).toBe('active');
    await releaseLeftOvers(bed.system);
    expect(await effects(id)).toHaveLength(1);
    // The worker dies after the effect and before it said so: the effect is not repeated.
    await bed.rows('update approval_request set outcome = null where id = $1', [requestId]);
    await releaseLeftOvers(bed.system);
    await release(requestId);
    expect(await effects(id)).toHaveLength(1);
    expect((await get(requestId)).outcome).toBe('It ran');
  });

  it('an effect that rolls back does not spend the approval', async () => {
    const { id, requestId } = await suspension();
    await decide(approver, requestId);
    await bed.rows(`create function fail_once() returns trigger language plpgsql as $$
      begin raise exception 'disk full' using errcode = '53100'; end $$`);
    await bed.rows(
      'create trigger fail_once before update on tenant for each row execute function fail_once()',
    );
    try {
      await expect(release(requestId)).rejects.toThrow();
      expect((await get(requestId)).state).toBe('approved');
    } finally {
      await bed.rows('drop trigger fail_once on tenant');
    }
    await release(requestId);
    expect(await effects(id)).toHaveLength(1);
  });

  it('refuses a run that carries a release which is spent, or another command under it', async () => {
    const { id, requestId } = await suspension();
    await decide(approver, requestId);
    await release(requestId);
    const { digest } = await get(requestId);
    await (await operator.caller()).tenants.reinstate({ id, reason: 'paid' });
    const replay = createCaller({ ...bed.as(await operator.principal()), release: { requestId, digest } });
    expect(await code(replay.tenants.suspend({ id, reason: 'unpaid' }))).toMatch(/approval\.(changed|spent)/);
    expect(await code(replay.tenants.reinstate({ id, reason: 'other' }))).toMatch(
      /approval\.unasked|tenant\.state/,
    );
    expect(await stateOf(id)).toBe('active');
  });
});

describe('what voids it', () => {
  it('an edited plan, and a target that drifted', async () => {
    const { id, requestId } = await suspension();
    await decide(approver, requestId);
    await (await operator.caller()).tenants.update({ id, version: 1, patch: { tier: 'premium' } });
    await release(requestId);
    expect(await get(requestId)).toMatchObject({ state: 'voided' });
    expect(await effects(id)).toEqual([]);
  });

  it('a policy that changed', async () => {
    const { requestId } = await suspension();
    await terms('tenant.suspend', { ttlMinutes: 60, remindMinutes: 10, escalateMinutes: 20 });
    expect(await get(requestId)).toMatchObject({ state: 'voided' });
    expect(await code(decide(approver, requestId))).toBe('approval.settled');
  });

  it('an approver who was suspended before it ran', async () => {
    const gone = await testPerson(bed, `gone${++serial}`, ['approver']);
    const { id, requestId } = await suspension();
    await decide(gone, requestId);
    await bed.rows(`update "user" set state = 'suspended' where id = $1`, [gone.id]);
    await release(requestId);
    expect(await get(requestId)).toMatchObject({ state: 'voided' });
    expect(await stateOf(id)).toBe('active');
  });

  it('a requester who lost the permission: it runs with what they may do now', async () => {
    const asker = await testPerson(bed, `asker${++serial}`, ['operator']);
    const { id, requestId } = await suspension(asker);
    await decide(approver, requestId);
    await bed.rows(`update "user" set roles = '{auditor}' where id = $1`, [asker.id]);
    await release(requestId);
    expect(await get(requestId)).toMatchObject({
      state: 'failed',
      outcome: expect.stringContaining('tenant:write'),
    });
    expect(await stateOf(id)).toBe('active');
  });
});

describe('time', () => {
  it('an expired link decides nothing; the clock set back does not revive it', async () => {
    const { id, requestId } = await suspension();
    const caller = await approver.caller();
    const asked = await caller.approvals.prepare({ id: requestId, decision: 'approve' });
    const before = bed.clock.now();
    bed.clock.advance(2 * 3600_000);
    expect(
      await code(
        caller.approvals.decide({ challengeId: asked.challengeId, proof: { kind: 'totp', code: '000000' } }),
      ),
    ).toBe('approval.challenge_gone');
    await runDue(bed.system);
    expect(await get(requestId)).toMatchObject({ state: 'expired' });
    const later = bed.clock.now();
    bed.clock.set(before);
    expect(await code(caller.approvals.prepare({ id: requestId, decision: 'approve' }))).toBe(
      'approval.expired',
    );
    expect(await stateOf(id)).toBe('active');
    bed.clock.set(later);
  });

  it('reminds, escalates, expires, each once', async () => {
    const { requestId } = await suspension();
    const seen = async () =>
      (
        await bed.rows<{ type: string }>(
          "select type from ledger_entry where target = $1 and type not like '%prepared' order by id",
          [`approval:${requestId}`],
        )
      ).map(row => row.type);
    for (const minutes of [11, 0, 10, 0, 60, 0]) {
      bed.clock.advance(minutes * 60_000);
      await runDue(bed.system, requestId);
    }
    expect(await seen()).toEqual([
      'approval.requested',
      'approval.reminded',
      'approval.escalated',
      'approval.expired',
    ]);
  });

  it('an approval that was not released in time is not released later', async () => {
    const { id, requestId } = await suspension();
    await decide(approver, requestId);
    bed.clock.advance(61 * 60_000);
    await release(requestId);
    expect(await get(requestId)).toMatchObject({ state: 'expired' });
    expect(await stateOf(id)).toBe('active');
  });
});

describe('the factor and the token', () => {
  it('a challenge is spent once, is its owner’s, and is for its one decision', async () => {
    const { requestId } = await suspension();
    const a = (await approver.caller()).approvals;
    const asked = await a.prepare({ id: requestId, decision: 'deny' });
    const stolen = (await second.caller()).approvals.decide({
      challengeId: asked.challengeId,
      proof: { kind: 'totp', code: second.code() },
      reason: 'because',
    });
    expect(await code(stolen)).toBe('approval.challenge_gone');
    const proof = { kind: 'totp' as const, code: approver.code() };
    const done = await a.decide({ challengeId: asked.challengeId, proof, reason: 'because' });
    expect(done.approval.state).toBe('denied');
    expect(await code(a.decide({ challengeId: asked.challengeId, proof, reason: 'again' }))).toBe(
      'approval.challenge_gone',
    );
  });

  it('refuses a factor that the policy does not take for enough', async () => {
    await terms('tenant.suspend', { factors: ['passkey'] });
    const { requestId } = await suspension();
    expect(await code(decide(approver, requestId))).toBe('mfa.method_not_enough');
    await terms('tenant.suspend', { factors: ['passkey', 'totp'] });
  });

  it('signs a token that others verify with the published keys, and that is handed in once', async () => {
    const { requestId } = await suspension();
    const token = await sign(approver, requestId);
    const keys = createLocalJWKSet({ keys: await loadPublishedKeys(bed.database, bed.clock.now()) });
    const { payload } = await jwtVerify(token, keys, {
      audience: 'atom-approval',
      currentDate: bed.clock.now(),
    });
    const { digest } = await get(requestId);
    expect(payload).toMatchObject({
      sub: `user:${approver.id}`,
      digest,
      decision: 'approve',
      amr: ['totp'],
      request: requestId,
    });
    const anyone = createCaller(bed.as(simulationPrincipal)).approvals;
    expect((await get(requestId)).state).toBe('pending');
    expect(await anyone.approve({ token })).toMatchObject({ state: 'approved', approver: 'approver' });
    expect(await code(anyone.approve({ token }))).toBe('approval.token_spent');
  });

  it('keeps the signed reason of a denial that somebody else hands in', async () => {
    const { requestId } = await suspension();
    const token = await sign(approver, requestId, 'deny');
    await createCaller(bed.as(simulationPrincipal)).approvals.approve({ token });
    expect(await get(requestId)).toMatchObject({
      state: 'denied',
      outcome: 'because',
      decisions: [{ reason: 'because' }],
    });
  });

  it('refuses a token of somebody who was revoked since, and an expired one', async () => {
    const anyone = createCaller(bed.as(simulationPrincipal)).approvals;
    const gone = await testPerson(bed, `gone${++serial}`, ['approver']);
    const { requestId } = await suspension();
    const token = await sign(gone, requestId);
    await bed.rows(`update "user" set roles = '{operator}' where id = $1`, [gone.id]);
    expect(await code(anyone.approve({ token }))).toBe('approval.not_eligible');
    const late = await sign(approver, requestId);
    bed.clock.advance(11 * 60_000);
    expect(await code(anyone.approve({ token: late }))).toBe('approval.token');
  });

  it('answers 401 without a token, and to forged ones, over the port', async () => {
    const server = portServer(systems.find(s => s.key === 'approvals') ?? expect.fail(), bed);
    const post = (url: string, payload: object) =>
      server.inject({
        method: 'POST',
        url,
        headers: { host: 'localhost', 'content-type': 'application/json' },
        remoteAddress: '127.0.0.1',
        payload,
      });
    const { requestId } = await suspension();
    const good = await sign(approver, requestId);
    const [head = '', body = '', signature = ''] = good.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = await new SignJWT({ ...claims, decision: 'approve' })
      .setProtectedHeader({ alg: 'HS256', typ: 'atom-decision+jwt' })
      .sign(Buffer.alloc(32, 1));
    const edited = Buffer.from(JSON.stringify({ ...claims, digest: 'other' })).toString('base64url');
    const none = Buffer.from('{"alg":"none","typ":"atom-decision+jwt"}').toString('base64url');
    for (const payload of [
      {},
      { token: '' },
      { token: 'nonsense' },
      { token: forged },
      { token: `${head}.${edited}.${signature}` },
      { token: `${none}.${body}.` },
    ])
      expect((await post('/approve', payload)).statusCode).toBe(401);
    expect((await post('/approve', { token: good })).statusCode).toBe(200);
    expect((await post('/approve', { token: good })).statusCode).toBe(409);
    await server.close();
  });
});

describe('a subject asked for by its id', () => {
  it('is requested once, approved, and sets the execution free once', async () => {
    await bed.rows(
      `insert into tenant (id, name, environment, tier, home_region, simulated, created_at, updated_at)
       values ('t1', 'T1', 'simulation', 'free', 'eu-west', true, now(), now())`,
    );
    await terms('action.high', { ttlMinutes: 60, remindMinutes: 10, escalateMinutes: 20 });
    const { actions } = await operator.caller();
    const replicas = 12;
    const made = await actions.execute({ action: 'scale', tenant_id: 't1', target: 't1-web', replicas });
    expect(made).toMatchObject({ exec_id: 'e1', needs_approval: true, state: 'waiting' });
    const server = portServer(systems.find(s => s.key === 'approvals') ?? expect.fail(), bed);
    const ask = (payload: object) =>
      server.inject({
        method: 'POST',
        url: '/request_approval',
        headers: { host: 'localhost', 'content-type': 'application/json' },
        remoteAddress: '127.0.0.1',
        payload,
      });
    // The execution asked by itself when it was planned; that question ran out.
    expect((await ask({ exec_id: 'e1', approver: 'admin' })).statusCode).toBe(200);
    bed.clock.advance(61 * 60_000);
    await runDue(bed.system);
    const first = await ask({ exec_id: 'e1', approver: 'admin' });
    expect(first.statusCode).toBe(201);
    expect(first.json()).toMatchObject({
      exec_id: 'e1',
      approver: 'admin',
      simulated: true,
      state: 'pending',
    });
    const again = await ask({ exec_id: 'e1', approver: 'admin' });
    expect(again.statusCode).toBe(200);
    expect(again.json().requestId).toBe(first.json().requestId);
    expect((await ask({ exec_id: 'e2', approver: 'admin' })).statusCode).toBe(404);
    expect((await ask({ exec_id: 'e1', approver: 'nobody' })).statusCode).toBe(422);
    expect((await ask({ approver: 'admin' })).statusCode).toBe(400);
    await decide(admin, first.json().requestId);
    await Promise.all([release(first.json().requestId), release(first.json().requestId)]);
    expect(await get(first.json().requestId)).toMatchObject({ state: 'released', outcome: 'It ran' });
    expect(
      await bed.rows(
        "select 1 from ledger_entry where type = 'execution.authorised' and target = 'execution:e1'",
      ),
    ).toHaveLength(1);
    // What runs already is no subject any more.
    expect((await ask({ exec_id: 'e1', approver: 'admin' })).statusCode).toBe(404);
    await server.close();
  });
});

describe('somebody else’s authority', () => {
  it('is delegated until a stated moment, counts once, and never for what they asked themselves', async () => {
    const stand = await testPerson(bed, `stand${++serial}`, ['operator']);
    const { requestId } = await suspension();
    expect(await code(decide(stand, requestId))).toBe('approval.not_eligible');
    await (await second.caller()).mfa.stepUp({ code: second.code() });
    const endsAt = new Date(bed.clock.now().getTime() + 20 * 60_000).toISOString();
    await (await second.caller()).approvals.delegate({ to: stand.name, endsAt, reason: 'away' });
    const mine = await suspension(stand);
    expect(await code(decide(stand, mine.requestId))).toBe('approval.excluded');
    const { approval } = await decide(stand, requestId);
    expect(approval.decisions).toMatchObject([{ approver: stand.name, onBehalfOf: 'second' }]);
    const later = await suspension();
    bed.clock.advance(21 * 60_000);
    expect(await code(decide(stand, later.requestId))).toBe('approval.not_eligible');
  });
});

describe('breaking the glass', () => {
  it('is for named people, with a reason, and blocks the next use until somebody else reviewed it', async () => {
    await terms('tenant.suspend', {
      breakGlass: { users: ['operator'], ttlMinutes: 5, reviewHours: 24 },
      ttlMinutes: 240,
    });
    const { id, requestId } = await suspension();
    expect(await code(decide(approver, requestId, 'break_glass'))).toBe('approval.not_named');
    const asked = await (await operator.caller()).approvals.prepare({
      id: requestId,
      decision: 'break_glass',
    });
    const without = (await operator.caller()).approvals.decide({
      challengeId: asked.challengeId,
      proof: { kind: 'totp', code: '000000' },
    });
    expect(await code(without)).toBe('approval.reason_needed');
    await decide(operator, requestId, 'break_glass', 'the tenant is attacking others');
    await release(requestId);
    expect(await effects(id)).toHaveLength(1);
    const next = await suspension();
    expect(await code(decide(operator, next.requestId, 'break_glass', 'once more'))).toBe(
      'approval.review_owed',
    );
    const [review] = (await (await approver.caller()).approvals.reviews()).rows;
    if (!review) throw new Error('No review is owed.');
    const verdict = { id: review.id, verdict: 'justified' as const, note: 'seen in the logs' };
    await (await operator.caller()).mfa.stepUp({ code: operator.code() });
    expect(await code((await operator.caller()).approvals.review(verdict))).toBe('approval.own_review');
    await (await approver.caller()).mfa.stepUp({ code: approver.code() });
    await (await approver.caller()).approvals.review(verdict);
    expect((await decide(operator, next.requestId, 'break_glass', 'once more')).approval.state).toBe(
      'approved',
    );
    bed.clock.advance(6 * 60_000);
    await release(next.requestId);
    expect(await get(next.requestId)).toMatchObject({ state: 'expired', breakGlass: true });
  });
});
