import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { type TestPerson, testPerson } from '#scripts/testing/approvers.ts';
import { SoftAuthenticator, type Twist } from '#scripts/testing/authenticator.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { releaseApproval } from './service/release.ts';

const origin = 'https://console.example';
let bed: TestBed;
let approver: TestPerson;
let operator: TestPerson;
let key: SoftAuthenticator;
let serial = 0;

beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test', PUBLIC_URL: origin });
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  approver = await testPerson(bed, 'approver', ['approver']);
  operator = await testPerson(bed, 'operator', ['operator']);
  key = new SoftAuthenticator(origin);
  const { mfa } = await approver.caller();
  await mfa.stepUp({ code: approver.code() });
  const { challengeId, options } = await (await approver.caller()).mfa.enrolPasskey({ name: 'Laptop' });
  await mfa.confirmPasskey({ challengeId, name: 'Laptop', response: key.create(options) });
});
afterAll(() => bed.close());

async function suspension() {
  const id = `tenant-${++serial}`;
  const { tenants } = await operator.caller();
  await tenants.create({ id, name: id, environment: 'production', homeRegion: 'eu-west' });
  const answer = await tenants.suspend({ id, reason: 'unpaid' });
  return { id, requestId: 'requestId' in answer ? answer.requestId : '' };
}

async function ask(id: string, decision: 'approve' | 'deny' = 'approve') {
  const asked = await (await approver.caller()).approvals.prepare({ id, decision });
  if (!asked.passkey) throw new Error('No passkey is asked for.');
  return { ...asked, passkey: asked.passkey };
}
type Asked = Awaited<ReturnType<typeof ask>>;

const answerWith = async (asked: Asked, response: ReturnType<SoftAuthenticator['get']>) =>
  (await approver.caller()).approvals.decide({
    challengeId: asked.challengeId,
    proof: { kind: 'passkey', response },
    reason: 'because',
  });
const answer = (asked: Asked, twist: Twist = {}) => answerWith(asked, key.get(asked.passkey, twist));
const stateOf = async (id: string) => (await (await operator.caller()).approvals.get({ id })).state;

describe('a decision by passkey', () => {
  it('signs the challenge of this request and this answer, and the effect follows once', async () => {
    const { id, requestId } = await suspension();
    const asked = await ask(requestId);
    expect(asked.methods).toContain('passkey');
    expect(asked.passkey.challenge).toBe(asked.challenge);
    expect(asked.passkey.userVerification).toBe('required');
    const { token } = await answer(asked);
    expect(decodeJwt(token)).toMatchObject({ amr: ['passkey'], digest: asked.digest, decision: 'approve' });
    await releaseApproval(bed.system, requestId);
    await releaseApproval(bed.system, requestId);
    expect(await stateOf(requestId)).toBe('released');
    const done = await bed.rows(
      "select 1 from ledger_entry where type = 'tenant.suspended' and target = $1",
      [`tenant:${id}`],
    );
    expect(done).toHaveLength(1);
  });

  it('is refused when it was signed for another request, another answer, without the person, or elsewhere', async () => {
    const { requestId } = await suspension();
    const other = await suspension();
    const asked = await ask(requestId);
    const denial = await ask(requestId, 'deny');
    const elsewhere = await ask(other.requestId);
    for (const foreign of [denial, elsewhere])
      await expect(answerWith(asked, key.get(foreign.passkey))).rejects.toMatchObject({
        cause: { code: 'mfa.challenge_differs' },
      });
    await expect(answer(asked, { userVerified: false })).rejects.toMatchObject({
      cause: { code: 'mfa.user_unverified' },
    });
    await expect(answer(asked, { origin: 'https://evil.example' })).rejects.toMatchObject({
      cause: { code: 'mfa.origin_wrong' },
    });
    expect(await stateOf(requestId)).toBe('pending');
    await answer(asked);
    expect(await stateOf(requestId)).toBe('approved');
  });

  it('is taken once, and not for a challenge that ran out', async () => {
    const { requestId } = await suspension();
    const late = await ask(requestId, 'deny');
    bed.clock.advance(4 * 60_000);
    await expect(answer(late)).rejects.toMatchObject({ cause: { code: 'approval.challenge_gone' } });
    const asked = await ask(requestId, 'deny');
    const response = key.get(asked.passkey);
    const both = await Promise.allSettled([answerWith(asked, response), answerWith(asked, response)]);
    expect(both.filter(result => result.status === 'fulfilled')).toHaveLength(1);
    expect(await stateOf(requestId)).toBe('denied');
  });

  it('is the only way where the policy says that a code is not enough', async () => {
    const admin = await testPerson(bed, 'admin', ['admin']);
    const { mfa, approvals } = await admin.caller();
    await mfa.stepUp({ code: admin.code() });
    const row = (await approvals.policies()).rows.find(r => r.id === 'tenant.suspend');
    if (!row) throw new Error('There is no such policy.');
    const terms = { ...row.terms, factors: ['passkey' as const] };
    const asking = { id: row.id, version: row.version, terms, reason: 'a code can be told on the telephone' };
    await (await admin.caller()).approvals.updatePolicy(asking);
    const { requestId } = await suspension();
    const asked = await ask(requestId);
    expect(asked.methods).toEqual(['passkey']);
    const decide = (await approver.caller()).approvals.decide({
      challengeId: asked.challengeId,
      proof: { kind: 'totp', code: approver.code() },
    });
    await expect(decide).rejects.toMatchObject({ cause: { code: 'mfa.method_not_enough' } });
    await answer(asked);
    expect(await stateOf(requestId)).toBe('approved');
  });
});
