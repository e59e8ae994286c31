import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolvePrincipal } from '#kernel/auth/gate.ts';
import { anonymous } from '#kernel/auth/principal.ts';
import { totpCode } from '#kernel/auth/totp.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { SoftAuthenticator, type Twist } from '#scripts/testing/authenticator.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createCaller, signIn, signInWithPasskey } from '#server/root.ts';
import { createUser } from '../identity/service.ts';

const origin = 'http://localhost:3000';
let bed: TestBed;
let serial = 0;
let name: string;
let userId: string;
let password: string;
let sessionId: string;

beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test', PUBLIC_URL: origin });
  bed = await testBed();
});
afterAll(() => bed.close());

const from = () => ({ database: bed.database, clock: bed.clock, ip: `10.2.0.${serial}`, userAgent: 'test' });
const who = (id: string) => resolvePrincipal({ sessionId: id }, { database: bed.database, clock: bed.clock });
const callAs = async (id = sessionId) => createCaller(bed.as(await who(id)));
const nobody = () => createCaller(bed.as(anonymous, { ip: `10.2.0.${serial}` }));

async function newUser(suffix = '') {
  const made = await createUser(
    bed.system,
    { name: `key${serial}${suffix}`, displayName: 'Key', roles: ['operator', 'admin'] },
    false,
  );
  return { id: made.user.id, name: made.user.name, password: made.password };
}

beforeEach(async () => {
  serial += 1;
  const user = await newUser();
  ({ name, password } = user);
  userId = user.id;
  ({ sessionId } = await signIn({ name, password }, from()));
});

async function enrol(authenticator = new SoftAuthenticator(origin), twist: Twist = {}) {
  const { mfa } = await callAs();
  const { challengeId, options } = await mfa.enrolPasskey({ name: 'Laptop', currentPassword: password });
  const response = authenticator.create(options, twist);
  const { recoveryCodes } = await mfa.confirmPasskey({ challengeId, name: 'Laptop', response });
  return { authenticator, recoveryCodes, challengeId, response };
}
const factors = async () => (await callAs()).mfa.factors();

async function enterWith(authenticator: SoftAuthenticator, twist: Twist = {}) {
  const { challengeId, passkey } = await nobody().mfa.askSignIn();
  if (!passkey) throw new Error('No passkey is asked for.');
  return signInWithPasskey({ challengeId, response: authenticator.get(passkey, twist) }, from());
}

describe('enrolling', () => {
  it('asks for the password with the first factor, of either kind, and for a step-up with the next', async () => {
    const { mfa } = await callAs();
    for (const begin of [mfa.enrol, mfa.enrolPasskey]) {
      await expect(begin({ name: 'x' })).rejects.toMatchObject({ cause: { code: 'mfa.password_needed' } });
      await expect(begin({ name: 'x', currentPassword: 'guess' })).rejects.toMatchObject({
        cause: { code: 'user.wrong_password' },
      });
    }
    await enrol();
    bed.clock.advance(11 * 60_000);
    const later = (await callAs()).mfa;
    for (const begin of [later.enrol, later.enrolPasskey])
      await expect(begin({ name: 'x', currentPassword: password })).rejects.toMatchObject({
        cause: { code: 'auth.step_up', details: { acrValues: ['mfa'], maxAge: 600 } },
      });
  });

  it('makes a discoverable passkey with user verification, once, and brings recovery codes with the first', async () => {
    const { options } = await (await callAs()).mfa.enrolPasskey({ name: 'x', currentPassword: password });
    expect(options).toMatchObject({
      rp: { id: 'localhost' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    const { recoveryCodes, authenticator, challengeId, response } = await enrol();
    expect(recoveryCodes).toHaveLength(10);
    const { mfa } = await callAs();
    await expect(mfa.confirmPasskey({ challengeId, name: 'Again', response })).rejects.toMatchObject({
      cause: { code: 'mfa.challenge_gone' },
    });
    const next = await mfa.enrolPasskey({ name: 'Again' });
    expect(next.options.excludeCredentials).toMatchObject([{ id: authenticator.credentialId }]);
    await expect(
      mfa.confirmPasskey({
        challengeId: next.challengeId,
        name: 'Again',
        response: authenticator.create(next.options),
      }),
    ).rejects.toMatchObject({ cause: { code: 'mfa.passkey_known' } });
    expect((await enrol()).recoveryCodes).toEqual([]);
  });

  const twists: [string, Twist][] = [
    ['another challenge', { challenge: 'A'.repeat(43) }],
    ['another origin', { origin: 'http://localhost:3001' }],
    ['another relying party', { rpId: 'elsewhere.example' }],
    ['no user verification', { userVerified: false }],
    ['the answer of a sign-in', { type: 'webauthn.get' }],
  ];
  it.each(twists)('refuses %s', async (_what, twist) => {
    await expect(enrol(new SoftAuthenticator(origin), twist)).rejects.toMatchObject({
      cause: { code: 'mfa.passkey_refused' },
    });
    expect((await factors()).passkeys).toEqual([]);
  });

  it('takes back a challenge for three minutes, and from its own person only', async () => {
    const { mfa } = await callAs();
    const authenticator = new SoftAuthenticator(origin);
    const begun = await mfa.enrolPasskey({ name: 'Late', currentPassword: password });
    const response = authenticator.create(begun.options);
    const other = await newUser('b');
    const theirs = await callAs(
      (await signIn({ name: other.name, password: other.password }, from())).sessionId,
    );
    const given = { challengeId: begun.challengeId, name: 'Late', response };
    await expect(theirs.mfa.confirmPasskey(given)).rejects.toMatchObject({
      cause: { code: 'mfa.challenge_gone' },
    });
    bed.clock.advance(3 * 60_000);
    await expect(mfa.confirmPasskey(given)).rejects.toMatchObject({ cause: { code: 'mfa.challenge_gone' } });
  });
});

describe('signing in with a passkey', () => {
  it('needs no name and no password, and counts as a second factor', async () => {
    const { authenticator } = await enrol();
    const opened = await enterWith(authenticator);
    expect(opened.name).toBe(name);
    expect(await who(opened.sessionId)).toMatchObject({
      id: userId,
      mfaAt: bed.clock.now(),
      mfaEnrolled: true,
    });
    await expect(signIn({ name, password }, from())).rejects.toMatchObject({ code: 'session.code_needed' });
  });

  it('answers each challenge once, in time', async () => {
    const { authenticator } = await enrol();
    const { challengeId, passkey } = await nobody().mfa.askSignIn();
    const response = authenticator.get(passkey as NonNullable<typeof passkey>);
    expect(passkey?.allowCredentials ?? []).toEqual([]);
    await signInWithPasskey({ challengeId, response }, from());
    await expect(signInWithPasskey({ challengeId, response }, from())).rejects.toMatchObject({
      code: 'mfa.challenge_gone',
    });
    const late = await nobody().mfa.askSignIn();
    bed.clock.advance(3 * 60_000);
    const answer = authenticator.get(late.passkey as NonNullable<typeof passkey>);
    await expect(
      signInWithPasskey({ challengeId: late.challengeId, response: answer }, from()),
    ).rejects.toMatchObject({ code: 'mfa.challenge_gone' });
  });

  it('gives one answer for an unknown passkey, a wrong one, a removed one and a suspended account', async () => {
    const { authenticator } = await enrol();
    const refused = { code: 'session.passkey_failed' };
    const unknown = new SoftAuthenticator(origin);
    await expect(enterWith(unknown)).rejects.toMatchObject(refused);
    for (const twist of [{ userVerified: false }, { origin: 'http://localhost:1' }, { counter: 0 }])
      if (twist.counter !== 0) await expect(enterWith(authenticator, twist)).rejects.toMatchObject(refused);
    await expect(signInWithPasskey({ challengeId: 'x', response: null }, from())).rejects.toMatchObject(
      refused,
    );
    await bed.rows('update "user" set state = \'suspended\' where id = $1', [userId]);
    await expect(enterWith(authenticator)).rejects.toMatchObject(refused);
    await bed.rows('update "user" set state = \'active\' where id = $1', [userId]);
    await expect(enterWith(authenticator)).resolves.toMatchObject({ name });
    const { passkeys } = await factors();
    await (await callAs()).mfa.removePasskey({ id: passkeys[0]?.id ?? '' });
    await expect(enterWith(authenticator)).rejects.toMatchObject(refused);
  });
});

describe('stepping up with a passkey', () => {
  it('opens sensitive commands for ten minutes; a challenge of another purpose or person does not', async () => {
    const { authenticator } = await enrol();
    bed.clock.advance(11 * 60_000);
    const { mfa, sessions } = await callAs();
    await expect(sessions.revokeAny({ id: sessionId })).rejects.toMatchObject({
      cause: { code: 'auth.step_up' },
    });
    const forSignIn = await nobody().mfa.askSignIn();
    await expect(
      mfa.stepUp({
        challengeId: forSignIn.challengeId,
        response: authenticator.get(forSignIn.passkey as never),
      }),
    ).rejects.toMatchObject({ cause: { code: 'mfa.challenge_gone' } });
    const asked = await mfa.askStepUp();
    expect(asked.methods).toEqual(['passkey', 'recovery']);
    const response = authenticator.get(asked.passkey as never);
    expect(await mfa.stepUp({ challengeId: asked.challengeId, response })).toMatchObject({
      method: 'passkey',
    });
    await expect(mfa.stepUp({ challengeId: asked.challengeId, response })).rejects.toMatchObject({
      cause: { code: 'mfa.challenge_gone' },
    });
    await expect((await callAs()).sessions.revokeAny({ id: sessionId })).resolves.toEqual({ revoked: true });
  });
});

describe('removing and resetting', () => {
  it('keeps the last factor while no recovery code is left, also against two removals at once', async () => {
    await enrol();
    const { deviceId, secret } = await (await callAs()).mfa.enrol({ name: 'Phone' });
    await (await callAs()).mfa.confirm({ deviceId, code: totpCode(secret, bed.clock.now()) });
    await bed.rows('delete from recovery_code where user_id = $1', [userId]);
    const { mfa } = await callAs();
    const passkeyId = (await mfa.factors()).passkeys[0]?.id ?? '';
    const both = await Promise.allSettled([mfa.removePasskey({ id: passkeyId }), mfa.remove({ deviceId })]);
    expect(both.filter(r => r.status === 'fulfilled')).toHaveLength(1);
    expect(both.find(r => r.status === 'rejected')).toMatchObject({
      reason: { cause: { code: 'mfa.last_factor' } },
    });
    const left = await factors();
    expect(left.devices.length + left.passkeys.length).toBe(1);
    await mfa.renewRecoveryCodes();
    if (left.devices.length > 0) await mfa.remove({ deviceId });
    else await mfa.removePasskey({ id: passkeyId });
    expect((await who(sessionId)).mfaEnrolled).toBe(false);
  });

  it('renames one’s own factors and nobody else’s', async () => {
    await enrol();
    const id = (await factors()).passkeys[0]?.id ?? '';
    expect((await (await callAs()).mfa.rename({ id, name: 'Key ring' })).passkeys[0]?.name).toBe('Key ring');
    const other = await newUser('b');
    const theirs = await callAs(
      (await signIn({ name: other.name, password: other.password }, from())).sessionId,
    );
    await expect(theirs.mfa.rename({ id, name: 'Mine' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(theirs.mfa.factors()).resolves.toMatchObject({ passkeys: [] });
  });

  it('lets an administrator with a second factor reset another’s, with a reason, ending the sessions', async () => {
    const { authenticator } = await enrol();
    const opened = await enterWith(authenticator);
    const admin = await newUser('admin');
    const adminSession = (await signIn({ name: admin.name, password: admin.password }, from())).sessionId;
    const drop = async () => (await callAs(adminSession)).mfa.drop({ userId, reason: 'lost the laptop' });
    await expect(drop()).rejects.toMatchObject({ cause: { code: 'auth.enrol_first' } });
    const { deviceId, secret } = await (await callAs(adminSession)).mfa.enrol({
      name: 'Phone',
      currentPassword: admin.password,
    });
    await (await callAs(adminSession)).mfa.confirm({ deviceId, code: totpCode(secret, bed.clock.now()) });
    await expect(
      (await callAs(adminSession)).mfa.drop({ userId: admin.id, reason: 'my own' }),
    ).rejects.toMatchObject({ cause: { code: 'mfa.not_your_own' } });
    await drop();
    expect((await who(opened.sessionId)).kind).toBe('anonymous');
    await expect(enterWith(authenticator)).rejects.toMatchObject({ code: 'session.passkey_failed' });
    await expect(signIn({ name, password }, from())).resolves.toMatchObject({ name });
    const written = await bed.rows(
      `select convert_from(body, 'UTF8')::jsonb #>> '{detail,reason}' as reason from ledger_entry
        where type = 'mfa.dropped' and target = $1 and actor = $2`,
      [`user:${userId}`, `user:${admin.id}`],
    );
    expect(written).toEqual([{ reason: 'lost the laptop' }]);
    const told = await bed.rows(
      `select body #> '{payload,message,to}' as to from outbox
        where body #>> '{payload,message,groupKey}' = $1 order by body #> '{payload,message,to,roles}' nulls last`,
      [`mfa.dropped:${userId}`],
    );
    expect(told).toEqual([{ to: { roles: ['admin'] } }, { to: { users: [userId] } }]);
  });
});

it('a token that acts with a role has no factors of its own', async () => {
  const token = createCaller(bed.as({ kind: 'token', id: 'x', name: 'x', holders: ['admin'] }));
  await expect(token.mfa.enrol({ name: 'x', currentPassword: 'x' })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
});
