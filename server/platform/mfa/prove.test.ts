import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolvePrincipal } from '#kernel/auth/gate.ts';
import { totpCode } from '#kernel/auth/totp.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { SoftAuthenticator, type Twist } from '#scripts/testing/authenticator.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createCaller, signIn } from '#server/root.ts';
import { createUser } from '../identity/service.ts';
import type { FactorProof } from './schema.ts';
import { passkeyOptions } from './service/challenges.ts';
import { type ProofPurpose, proveFactor } from './service/prove.ts';

const origin = 'https://console.example';
const environment = (PUBLIC_URL: string) =>
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test', PUBLIC_URL });

let bed: TestBed;
let serial = 0;
let userId: string;
let password: string;
let sessionId: string;
let totp: string;
let recoveryCodes: string[];
let authenticator: SoftAuthenticator;
let passkeyId: string;

beforeAll(async () => {
  environment(origin);
  bed = await testBed();
});
afterAll(() => bed.close());
afterEach(() => void environment(origin));

const me = async () =>
  createCaller(bed.as(await resolvePrincipal({ sessionId }, { database: bed.database, clock: bed.clock })));

async function enrolPasskey(with_: SoftAuthenticator, name = 'Laptop') {
  const { challengeId, options } = await (await me()).mfa.enrolPasskey({ name, currentPassword: password });
  await (await me()).mfa.confirmPasskey({ challengeId, name, response: with_.create(options) });
  const { passkeys } = await (await me()).mfa.factors();
  return passkeys.at(-1)?.id as string;
}

beforeEach(async () => {
  const name = `prover${++serial}`;
  const made = await createUser(bed.system, { name, displayName: 'Prover', roles: ['approver'] }, false);
  userId = made.user.id;
  password = made.password;
  const from = { database: bed.database, clock: bed.clock, ip: `10.1.0.${serial}`, userAgent: 'test' };
  sessionId = (await signIn({ name, password }, from)).sessionId;
  const { mfa } = await me();
  const device = await mfa.enrol({ name: 'Phone', currentPassword: password });
  totp = device.secret;
  recoveryCodes = (await mfa.confirm({ deviceId: device.deviceId, code: totpCode(totp, bed.clock.now()) }))
    .recoveryCodes;
  authenticator = new SoftAuthenticator(origin);
  passkeyId = await enrolPasskey(authenticator);
  bed.clock.advance(30_000);
});

/** As an approval makes it: bound to what is decided, and to nothing else. */
const challengeOf = (decision: string) =>
  createHash('sha256')
    .update(`digest of the request\n${decision}\n${randomBytes(16).toString('hex')}`)
    .digest();
const prove = (purpose: ProofPurpose, proof: FactorProof, who = userId) =>
  proveFactor(bed, who, purpose, proof);
async function answer(challenge: Buffer, twist: Twist = {}): Promise<FactorProof> {
  const { passkey } = await passkeyOptions(bed, userId, challenge);
  if (!passkey) throw new Error('No passkey is offered.');
  return { kind: 'passkey', response: authenticator.get(passkey, twist) };
}
const toldOf = (groupKey: string) =>
  bed.rows(
    `select body #>> '{payload,message,link}' as link, body #> '{payload,message,to}' as to from outbox
      where body #>> '{payload,message,groupKey}' = $1 order by id`,
    [groupKey],
  );
const entries = (type: string) =>
  bed.rows<{ detail: { [key: string]: unknown } }>(
    `select convert_from(body, 'UTF8')::jsonb -> 'detail' as detail from ledger_entry where type = $1 and target = $2`,
    [type, `user:${userId}`],
  );

describe('a passkey for one decision', () => {
  it('holds for exactly the challenge it signed, and the ledger names which', async () => {
    const challenge = challengeOf('approve');
    expect(await prove({ challenge }, await answer(challenge))).toEqual({
      method: 'passkey',
      credentialId: passkeyId,
    });
    const used = await entries('mfa.passkey_used');
    expect(used).toHaveLength(1);
    expect(used[0]?.detail.challenge).toBe(createHash('sha256').update(challenge).digest('hex'));
  });

  it('is offered with its own credentials only, user verification required', async () => {
    const challenge = challengeOf('approve');
    expect(await passkeyOptions(bed, userId, challenge)).toMatchObject({
      origin,
      methods: ['passkey', 'totp', 'recovery'],
      passkey: {
        challenge: challenge.toString('base64url'),
        rpId: 'console.example',
        userVerification: 'required',
        allowCredentials: [{ id: authenticator.credentialId }],
      },
    });
  });

  it('refuses a replayed assertion, also of a synced passkey that counts nothing, and suspects nobody', async () => {
    authenticator = new SoftAuthenticator(origin, null);
    await enrolPasskey(authenticator, 'Synced');
    const challenge = challengeOf('approve');
    const { passkey } = await passkeyOptions(bed, userId, challenge);
    const response = authenticator.get(passkey as NonNullable<typeof passkey>);
    const both = await Promise.allSettled(
      [1, 2].map(() => prove({ challenge }, { kind: 'passkey', response })),
    );
    expect(both.filter(r => r.status === 'fulfilled')).toHaveLength(1);
    await expect(prove({ challenge }, { kind: 'passkey', response })).rejects.toMatchObject({
      code: 'mfa.proof_replayed',
    });
    expect((await (await me()).mfa.factors()).passkeys.map(p => p.suspectedAt)).toEqual([null, null]);
  });

  it('refuses the answer to another challenge: approve is not deny', async () => {
    const proof = await answer(challengeOf('approve'));
    await expect(prove({ challenge: challengeOf('deny') }, proof)).rejects.toMatchObject({
      kind: 'denied',
      code: 'mfa.challenge_differs',
    });
  });

  const twists: [string, Twist, string][] = [
    ['without user verification', { userVerified: false }, 'mfa.user_unverified'],
    ['without a touch', { userPresent: false }, 'mfa.user_unverified'],
    ['from another origin', { origin: 'https://console.example.evil' }, 'mfa.origin_wrong'],
    ['from our name over plain HTTP', { origin: 'http://console.example' }, 'mfa.origin_wrong'],
    ['from inside a frame of another site', { crossOrigin: true }, 'mfa.origin_wrong'],
    ['for another relying party', { rpId: 'example' }, 'mfa.relying_party_wrong'],
    ['made for an enrolment', { type: 'webauthn.create' }, 'mfa.proof_malformed'],
    [
      'signed by another key',
      { signedBy: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
      'mfa.signature_wrong',
    ],
    ['in the name of somebody else', { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' }, 'mfa.passkey_unknown'],
  ];
  it.each(twists)('refuses one %s', async (_what, twist, code) => {
    const challenge = challengeOf('approve');
    await expect(prove({ challenge }, await answer(challenge, twist))).rejects.toMatchObject({ code });
    expect(await entries('mfa.passkey_used')).toHaveLength(0);
    expect((await entries('mfa.refused')).map(e => e.detail)).toEqual([{ method: 'passkey', reason: code }]);
    // The same authenticator without the twist is accepted: it was the twist that was refused.
    await expect(prove({ challenge }, await answer(challenge))).resolves.toMatchObject({ method: 'passkey' });
  });

  it('refuses changed authenticator data under a good signature', async () => {
    const challenge = challengeOf('approve');
    const proof = await answer(challenge);
    if (proof.kind !== 'passkey') throw new Error('Not a passkey.');
    const data = Buffer.from(proof.response.response.authenticatorData, 'base64url');
    data.writeUInt32BE(4000, 33);
    proof.response.response.authenticatorData = data.toString('base64url');
    await expect(prove({ challenge }, proof)).rejects.toMatchObject({ code: 'mfa.signature_wrong' });
  });

  it('refuses a removed passkey, and somebody else’s', async () => {
    const challenge = challengeOf('approve');
    const proof = await answer(challenge);
    const other = await createUser(
      bed.system,
      { name: `other${serial}`, displayName: 'Other', roles: ['approver'] },
      false,
    );
    await expect(prove({ challenge }, proof, other.user.id)).rejects.toMatchObject({
      code: 'mfa.passkey_unknown',
    });
    await (await me()).mfa.removePasskey({ id: passkeyId });
    await expect(prove({ challenge }, proof)).rejects.toMatchObject({ code: 'mfa.passkey_unknown' });
    expect((await passkeyOptions(bed, userId, challenge)).methods).toEqual(['totp', 'recovery']);
  });

  it('refuses a suspended account, whatever is proved', async () => {
    const challenge = challengeOf('approve');
    const proof = await answer(challenge);
    await bed.rows('update "user" set state = \'suspended\' where id = $1', [userId]);
    await expect(prove({ challenge }, proof)).rejects.toMatchObject({ code: 'mfa.account_closed' });
  });

  it('takes a counter that ran backwards for a copy: refused then, and with a good counter afterwards', async () => {
    for (let i = 0; i < 3; i++) {
      const challenge = challengeOf('approve');
      await prove({ challenge }, await answer(challenge));
    }
    const challenge = challengeOf('approve');
    await expect(prove({ challenge }, await answer(challenge, { counter: 2 }))).rejects.toMatchObject({
      code: 'mfa.passkey_suspected',
    });
    expect(await entries('mfa.passkey_suspected')).toHaveLength(1);
    expect(await toldOf(`mfa.passkey_suspected:${userId}`)).toEqual([
      { link: '/settings/security', to: { users: [userId] } },
      { link: `/governance/ledger?target=user:${userId}`, to: { roles: ['admin'] } },
    ]);
    expect((await (await me()).mfa.factors()).passkeys[0]?.suspectedAt).toEqual(
      bed.clock.now().toISOString(),
    );
    expect((await passkeyOptions(bed, userId, challenge)).passkey).toBeNull();
    const next = challengeOf('approve');
    const response = authenticator.get({
      challenge: next.toString('base64url'),
      rpId: 'console.example',
    });
    await expect(prove({ challenge: next }, { kind: 'passkey', response })).rejects.toMatchObject({
      code: 'mfa.passkey_suspected',
    });
  });

  it('does not let a forged counter make a passkey look copied', async () => {
    const challenge = challengeOf('approve');
    await prove({ challenge }, await answer(challenge));
    const forged = challengeOf('approve');
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await expect(
      prove({ challenge: forged }, await answer(forged, { counter: 0, signedBy: stranger })),
    ).rejects.toMatchObject({ code: 'mfa.signature_wrong' });
    expect((await (await me()).mfa.factors()).passkeys[0]?.suspectedAt).toBeNull();
  });

  it('says why there are no passkeys where the console is reached by an IP address', async () => {
    const challenge = challengeOf('approve');
    const proof = await answer(challenge);
    environment('https://192.0.2.10');
    expect((await passkeyOptions(bed, userId, challenge)).methods).toEqual(['totp', 'recovery']);
    await expect(prove({ challenge }, proof)).rejects.toMatchObject({ code: 'mfa.passkeys_impossible' });
    await expect((await me()).mfa.enrolPasskey({ name: 'x' })).rejects.toMatchObject({
      cause: { code: 'mfa.passkeys_impossible' },
    });
  });
});

describe('what is enough', () => {
  it('refuses a code where the policy wants a passkey, in the words of RFC 9470, and spends nothing', async () => {
    const challenge = challengeOf('approve');
    const code = totpCode(totp, bed.clock.now());
    await expect(prove({ challenge, enough: ['passkey'] }, { kind: 'totp', code })).rejects.toMatchObject({
      kind: 'step_up',
      code: 'mfa.method_not_enough',
      details: { acrValues: ['phr'], maxAge: 0 },
    });
    await expect(
      prove(
        { challenge, enough: ['passkey', 'totp'] },
        { kind: 'recovery', code: recoveryCodes[0] as string },
      ),
    ).rejects.toMatchObject({ code: 'mfa.method_not_enough', details: { acrValues: ['mfa'] } });
    await expect(
      prove({ challenge, enough: ['passkey', 'totp'] }, { kind: 'totp', code }),
    ).resolves.toMatchObject({ method: 'totp' });
  });
});

describe('codes', () => {
  it('spend a time step once, for whatever decision', async () => {
    const code = totpCode(totp, bed.clock.now());
    const both = await Promise.allSettled(
      ['approve', 'deny'].map(d => prove({ challenge: challengeOf(d) }, { kind: 'totp', code })),
    );
    expect(both.filter(r => r.status === 'fulfilled')).toHaveLength(1);
    await expect(prove({ challenge: challengeOf('approve') }, { kind: 'totp', code })).rejects.toMatchObject({
      code: 'mfa.code_wrong',
    });
  });

  it('spend a recovery code once', async () => {
    const proof: FactorProof = { kind: 'recovery', code: recoveryCodes[4] as string };
    expect(await prove({ challenge: challengeOf('approve') }, proof)).toEqual({ method: 'recovery' });
    await expect(prove({ challenge: challengeOf('approve') }, proof)).rejects.toMatchObject({
      code: 'mfa.code_wrong',
    });
  });

  it('lock the factors after five wrong ones, the passkey with them, and open again', async () => {
    for (let i = 0; i < 5; i++)
      await expect(
        prove({ challenge: challengeOf('approve') }, { kind: 'totp', code: '000000' }),
      ).rejects.toMatchObject({ code: 'mfa.code_wrong' });
    const challenge = challengeOf('approve');
    for (const proof of [
      await answer(challenge),
      { kind: 'totp', code: totpCode(totp, bed.clock.now()) } as const,
    ])
      await expect(prove({ challenge }, proof)).rejects.toMatchObject({
        kind: 'rate_limited',
        code: 'mfa.locked',
        details: { retryAfter: 30 },
      });
    bed.clock.advance(31_000);
    await expect(prove({ challenge }, await answer(challenge))).resolves.toMatchObject({ method: 'passkey' });
    expect(
      await bed.rows(
        'select factor_failed_count as n, factor_locked_until as until from "user" where id = $1',
        [userId],
      ),
    ).toEqual([{ n: 0, until: null }]);
  });

  it('wrong passwords of a stranger do not keep an approver from deciding', async () => {
    const from = { database: bed.database, clock: bed.clock, ip: '192.0.2.9', userAgent: 'test' };
    for (let i = 0; i < 6; i++)
      await signIn({ name: `prover${serial}`, password: 'guess' }, from).catch(() => {});
    const challenge = challengeOf('approve');
    await expect(prove({ challenge }, await answer(challenge))).resolves.toMatchObject({ method: 'passkey' });
  });

  it('do not slow down passkeys: thirty decisions in a row', async () => {
    for (let i = 0; i < 30; i++) {
      const challenge = challengeOf('approve');
      await prove({ challenge }, await answer(challenge));
    }
    expect(await entries('mfa.passkey_used')).toHaveLength(30);
  });

  it('are limited in number, right or wrong', async () => {
    const codes = await Promise.all(
      Array.from({ length: 14 }, () =>
        prove({ challenge: challengeOf('x') }, { kind: 'recovery', code: 'aaaa-bbbb-cccc' }).catch(
          e => e.code,
        ),
      ),
    );
    expect(codes).toContain('request.rate_limited');
  });
});

it('refuses what is no proof at all, and a challenge that could be guessed', async () => {
  await expect(prove({ challenge: challengeOf('x') }, { kind: 'none' } as never)).rejects.toMatchObject({
    code: 'mfa.proof_malformed',
  });
  await expect(prove({ challenge: Buffer.from('short') }, { kind: 'totp', code: '000000' })).rejects.toThrow(
    /32 bytes/,
  );
});
