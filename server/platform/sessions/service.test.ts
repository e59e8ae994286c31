import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolvePrincipal } from '#kernel/auth/gate.ts';
import type { Principal } from '#kernel/auth/principal.ts';
import { totpCode } from '#kernel/auth/totp.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { createCaller, signIn, signOut } from '#server/root.ts';
import { createUser } from '../identity/service.ts';

let bed: TestBed;
let password: string;
let userId: string;
let serial = 0;
let name: string;

beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());
beforeEach(async () => {
  name = `user${++serial}`;
  const made = await createUser(
    bed.system,
    { name, displayName: 'Someone', roles: ['operator', 'admin'] },
    false,
  );
  password = made.password;
  userId = made.user.id;
});

const enter = (input: { name: string; password: string; code?: string }, ip = `10.0.0.${serial}`) =>
  signIn(input, { database: bed.database, clock: bed.clock, ip, userAgent: 'test' });
const who = (sessionId: string): Promise<Principal> =>
  resolvePrincipal({ sessionId }, { database: bed.database, clock: bed.clock });
const callAs = async (sessionId: string) => createCaller(bed.as(await who(sessionId)));

async function enrol(
  sessionId: string,
  currentPassword = password,
): Promise<{ secret: string; recoveryCodes: string[] }> {
  const mfa = (await callAs(sessionId)).mfa;
  const { deviceId, secret, qr } = await mfa.enrol({ name: 'phone', currentPassword });
  expect(qr.length).toBe(qr[0]?.length);
  const { recoveryCodes } = await mfa.confirm({ deviceId, code: totpCode(secret, bed.clock.now()) });
  bed.clock.advance(30_000);
  return { secret, recoveryCodes };
}

describe('signing in', () => {
  it('opens a session whose principal carries the roles of the database', async () => {
    const { sessionId } = await enter({ name: name.toUpperCase().toLowerCase(), password });
    expect(await who(sessionId)).toMatchObject({
      kind: 'user',
      id: userId,
      holders: ['operator', 'admin'],
      mfaAt: null,
    });
  });

  it('gives one answer for a wrong name, a wrong password and a locked account, and locks after five failures', async () => {
    for (let i = 0; i < 5; i++)
      await expect(enter({ name, password: 'wrong' })).rejects.toMatchObject({ code: 'session.failed' });
    await expect(enter({ name: 'nobody-here', password })).rejects.toMatchObject({ code: 'session.failed' });
    await expect(enter({ name, password })).rejects.toMatchObject({ code: 'session.failed' });
    bed.clock.advance(31_000);
    await expect(enter({ name, password })).resolves.toMatchObject({ name });
    expect(
      await bed.rows(
        "select count(*)::int as n from ledger_entry where type = 'session.refused' and target = $1",
        [`user:${userId}`],
      ),
    ).toEqual([{ n: 6 }]);
  });

  it.each([
    ['a name of capitals', () => ({ name: name.toUpperCase(), password }), true],
    ['no name', () => ({ name: '', password }), false],
    ['a password of a megabyte', () => ({ name, password: 'x'.repeat(1_000_000) }), false],
    ['an unknown field', () => ({ name, password, admin: true }), false],
  ])('reads its input strictly: %s', async (_what, input, opens) => {
    const result = await enter(input()).catch(e => e);
    if (opens) expect(result).toMatchObject({ name });
    else expect(result).toMatchObject({ code: 'session.failed' });
  });

  it('opens nothing but the change of password to whoever has a password that somebody else has seen', async () => {
    await bed.rows('update "user" set must_change = true where id = $1', [userId]);
    const { sessionId } = await enter({ name, password });
    await expect((await callAs(sessionId)).tenants.list({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await (await callAs(sessionId)).identity.me()).toMatchObject({ mustChangePassword: true });
    await (await callAs(sessionId)).identity.changePassword({
      currentPassword: password,
      newPassword: 'my own long password',
    });
    expect((await (await callAs(sessionId)).tenants.list({})).rows).toEqual([]);
  });

  it('limits attempts per address across processes', async () => {
    const tries = Array.from({ length: 40 }, (_, i) =>
      enter({ name: `ghost${i}`, password: 'x' }, '192.0.2.1').catch(e => e.code),
    );
    const codes = await Promise.all(tries);
    expect(codes.filter(code => code === 'request.rate_limited').length).toBe(10);
  });

  it('ends at once when revoked, suspended or expired, and follows a changed role', async () => {
    const { sessionId } = await enter({ name, password });
    await bed.rows('update "user" set roles = array[\'auditor\'] where id = $1', [userId]);
    expect((await who(sessionId)).holders).toEqual(['auditor']);
    const second = (await enter({ name, password })).sessionId;
    await (await callAs(sessionId)).sessions.revoke({ id: second });
    expect((await who(second)).kind).toBe('anonymous');
    bed.clock.advance(13 * 3600_000);
    expect((await who(sessionId)).kind).toBe('anonymous');
    const third = (await enter({ name, password })).sessionId;
    await bed.rows('update "user" set state = \'suspended\' where id = $1', [userId]);
    expect((await who(third)).kind).toBe('anonymous');
  });

  it('ends in the database when somebody signs out, whoever sends the cookie again', async () => {
    const { sessionId } = await enter({ name, password });
    await signOut(sessionId, bed);
    await signOut(sessionId, bed);
    await signOut('nonsense', bed);
    expect((await who(sessionId)).kind).toBe('anonymous');
    const ended = await bed.rows("select 1 from ledger_entry where type = 'session.ended' and actor = $1", [
      `user:${userId}`,
    ]);
    expect(ended).toHaveLength(1);
  });

  it('refuses forged session ids without asking the database to parse them', async () => {
    expect((await who("x' or 1=1 --")).kind).toBe('anonymous');
    expect((await who('018f0000-0000-7000-8000-000000000000')).kind).toBe('anonymous');
  });
});

describe('second factor', () => {
  it('is asked for once enrolled, and each code works once', async () => {
    const { sessionId } = await enter({ name, password });
    const { secret } = await enrol(sessionId);
    await expect(enter({ name, password })).rejects.toMatchObject({
      code: 'session.code_needed',
      kind: 'step_up',
    });
    const code = totpCode(secret, bed.clock.now());
    const opened = await enter({ name, password, code });
    expect((await who(opened.sessionId)).mfaAt).toEqual(bed.clock.now());
    await expect(enter({ name, password, code })).rejects.toMatchObject({ code: 'session.code_wrong' });
    await expect(enter({ name, password, code: '000000' })).rejects.toMatchObject({
      code: 'session.code_wrong',
    });
  });

  it('lets two requests with the same code or recovery code win once', async () => {
    const { sessionId } = await enter({ name, password });
    const { secret, recoveryCodes } = await enrol(sessionId);
    const code = totpCode(secret, bed.clock.now());
    const both = await Promise.allSettled([enter({ name, password, code }), enter({ name, password, code })]);
    expect(both.filter(r => r.status === 'fulfilled')).toHaveLength(1);
    const recovery = recoveryCodes[3] as string;
    const three = await Promise.allSettled(
      [1, 2, 3].map(() => enter({ name, password, code: recovery.toUpperCase() })),
    );
    expect(three.filter(r => r.status === 'fulfilled')).toHaveLength(1);
    expect((await (await callAs(sessionId)).mfa.factors()).recoveryCodesLeft).toBe(9);
  });

  it('guards sensitive commands: enrol first, then step up, then for ten minutes', async () => {
    const { sessionId } = await enter({ name, password });
    const create = async () =>
      (await callAs(sessionId)).identity.create({
        name: `new${serial}`,
        displayName: 'New',
        roles: ['operator'],
      });
    await expect(create()).rejects.toMatchObject({ cause: { code: 'auth.enrol_first' } });
    const { secret } = await enrol(sessionId);
    bed.clock.advance(11 * 60_000);
    await expect(create()).rejects.toMatchObject({ cause: { code: 'auth.step_up', kind: 'step_up' } });
    await (await callAs(sessionId)).mfa.stepUp({ code: totpCode(secret, bed.clock.now()) });
    const made = await create();
    expect('password' in made && made.password.length).toBeGreaterThanOrEqual(20);
  });

  it('keeps neither secret nor code in the ledger or in plain columns', async () => {
    const { sessionId } = await enter({ name, password });
    const { secret, recoveryCodes } = await enrol(sessionId);
    const text = JSON.stringify([
      await bed.rows("select convert_from(body, 'UTF8') as b from ledger_entry"),
      await bed.rows('select * from totp_device'),
      await bed.rows('select * from recovery_code'),
      await bed.rows('select * from "user"'),
    ]);
    for (const leaked of [secret, recoveryCodes[0] as string, password]) expect(text).not.toContain(leaked);
  });
});

it('an auditor manages the own account, and writes nothing else', async () => {
  const made = await createUser(
    bed.system,
    { name: `aud${serial}`, displayName: 'Auditor', roles: ['auditor'] },
    false,
  );
  const { sessionId } = await enter({ name: `aud${serial}`, password: made.password });
  const { secret } = await enrol(sessionId, made.password);
  const caller = await callAs(sessionId);
  expect(await caller.identity.me()).toMatchObject({ roles: ['auditor'], mfa: { enrolled: true } });
  await caller.mfa.stepUp({ code: totpCode(secret, bed.clock.now()) });
  expect((await caller.mfa.factors()).devices).toHaveLength(1);
  expect((await caller.identity.list({})).rows.length).toBeGreaterThan(0);
  await caller.sessions.revoke({ id: sessionId });
});

describe('users', () => {
  it('lets nobody try passwords within a stolen session without limit', async () => {
    const { sessionId } = await enter({ name, password });
    const tries = Array.from({ length: 8 }, async () =>
      (await callAs(sessionId)).identity.changePassword({
        currentPassword: 'guess',
        newPassword: 'a long new password',
      }),
    );
    const codes = (await Promise.allSettled(tries)).map(r => r.status === 'rejected' && r.reason.cause.code);
    expect(codes.filter(code => code === 'request.rate_limited')).toHaveLength(3);
  });

  it('get an address later, too; what is left out stays', async () => {
    const { sessionId } = await enter({ name, password });
    await enrol(sessionId);
    const { identity } = await callAs(sessionId);
    const change = async (data: { email?: string; displayName?: string }) =>
      identity.update({ id: userId, version: (await identity.get({ id: userId })).version, ...data });
    await change({ email: 'me@example.org' });
    await change({ displayName: 'Another name' });
    expect(await bed.rows('select email from "user" where id = $1', [userId])).toEqual([
      { email: 'me@example.org' },
    ]);
    await expect(change({ email: 'nonsense' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('keeps the last administrator, also against two requests at once', async () => {
    await bed.rows('update "user" set roles = array[\'operator\'] where id <> $1', [userId]);
    const other = await createUser(
      bed.system,
      { name: `second${serial}`, displayName: 'Second', roles: ['admin'] },
      false,
    );
    const { sessionId } = await enter({ name, password });
    await enrol(sessionId);
    const identity = (await callAs(sessionId)).identity;
    const results = await Promise.allSettled([
      identity.suspend({ id: other.user.id, reason: 'leaving' }),
      identity.update({
        id: userId,
        version: (await identity.get({ id: userId })).version,
        roles: ['operator'],
      }),
    ]);
    expect(results.filter(r => r.status === 'fulfilled')).toHaveLength(1);
    const admins = await bed.rows(
      "select count(*)::int as n from \"user\" where 'admin' = any(roles) and state = 'active'",
    );
    expect(admins).toEqual([{ n: 1 }]);
  });

  it('changes the own password only with the current one, and ends other sessions', async () => {
    const first = await enter({ name, password });
    const second = await enter({ name, password });
    const identity = (await callAs(first.sessionId)).identity;
    await expect(
      identity.changePassword({ currentPassword: 'wrong', newPassword: 'a long new password' }),
    ).rejects.toMatchObject({ cause: { code: 'user.wrong_password' } });
    await expect(
      identity.changePassword({ currentPassword: password, newPassword: 'short' }),
    ).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    await identity.changePassword({ currentPassword: password, newPassword: 'a long new password' });
    expect((await who(second.sessionId)).kind).toBe('anonymous');
    expect((await who(first.sessionId)).kind).toBe('user');
    await expect(enter({ name, password: 'a long new password' })).resolves.toBeDefined();
  });
});
