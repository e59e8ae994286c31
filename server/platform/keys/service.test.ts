import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anonymous } from '#kernel/auth/principal.ts';
import { runControl } from '#kernel/controls/define.ts';
import { allControls } from '#kernel/controls/registry.ts';
import { openDatabase } from '#kernel/db/database.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { fingerprintOf, generatePrivateKey } from '#kernel/signing/algorithm.ts';
import { sealCosignKey } from '#kernel/signing/cosign-key.ts';
import {
  activeSigners,
  forgetSigners,
  signHybrid,
  trustedKeys,
  verifyHybrid,
} from '#kernel/signing/signer.ts';
import { person, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createCaller } from '#server/root.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
const type = 'application/vnd.test';
const dir = mkdtempSync(join(tmpdir(), 'atom-keys-'));
let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
beforeEach(() => void loadEnvForTest(base));
afterAll(async () => {
  loadEnvForTest(base);
  rmSync(dir, { recursive: true, force: true });
  await bed.close();
});

const admin = () =>
  createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true })).keys;
const signed = async () => signHybrid(type, Buffer.from('x'), await activeSigners(bed.database, bed.clock));
const verdict = async (envelope: Awaited<ReturnType<typeof signed>>) => {
  const held = verifyHybrid(envelope, type, await trustedKeys(bed.database), bed.clock.now());
  return held.ok ? 'ok' : held.reason;
};
const active = async (algorithm: string) => {
  const found = (await admin().list()).rows.find(k => k.algorithm === algorithm && k.state === 'active');
  return found ?? expect.fail(`No ${algorithm} key is active.`);
};
const said = (key: string) =>
  bed.rows<{ type: string; actor: string }>(
    'select type, actor from ledger_entry where target = $1 order by id',
    [`signing_key:${key}`],
  );

describe('the key page', () => {
  it('shows what signs what, from where, and that a generated key is a simulation', async () => {
    expect((await admin().list()).rows).toMatchObject([
      { origin: 'generated', simulated: true, state: 'active', uses: ['artefacts', 'ledger'] },
      { origin: 'generated', simulated: true, state: 'active', uses: ['artefacts', 'ledger'] },
    ]);
    expect(JSON.stringify(await admin().list())).not.toContain('seal1.');
    const auditor = createCaller(bed.as(person('auditor'))).keys;
    expect((await auditor.list()).rows).toHaveLength(2);
  });

  it('lets nobody change keys without a fresh second factor, and only administrators', async () => {
    const { id } = await active('ed25519');
    const input = { id, reason: 'just because' };
    for (const role of ['operator', 'approver', 'auditor'] as const)
      await expect(createCaller(bed.as(person(role))).keys.revoke(input)).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
    const stale = createCaller(bed.as({ ...person('admin'), mfaEnrolled: true })).keys;
    for (const attempt of [stale.revoke(input), stale.rotate(input)])
      await expect(attempt).rejects.toMatchObject({ cause: { code: 'auth.step_up' } });
  });
});

describe('rotation', () => {
  it('puts a new key to work and lets the old one verify until the stated time', async () => {
    const old = await active('ed25519');
    const before = await signed();
    const { key, successor } = await admin().rotate({ id: old.id, reason: 'yearly', overlapDays: 7 });
    const end = new Date(bed.clock.now().getTime() + 7 * 86_400_000);
    expect(key).toMatchObject({ state: 'verifies', uses: [], verifyUntil: end.toISOString() });
    expect(successor).toMatchObject({ state: 'active', algorithm: 'ed25519', uses: ['artefacts', 'ledger'] });
    expect((await signed()).signatures.map(s => s.keyid)).toContain(successor?.id);
    expect(await verdict(before)).toBe('ok');
    bed.clock.set(new Date(end.getTime() - 1));
    expect(await verdict(before)).toBe('ok');
    bed.clock.set(end);
    expect(await verdict(before)).toBe('expired');
    expect(await verdict(await signed())).toBe('ok');
    expect((await admin().list()).rows.find(k => k.id === old.id)?.state).toBe('expired');
    expect(await said(old.id)).toEqual([
      { type: 'key.generated', actor: 'system:signing' },
      { type: 'key.rotated', actor: 'user:user-admin' },
    ]);
  });

  it('happens once when two ask for it together, and not to a key that signs nothing', async () => {
    const { id } = await active('ml-dsa-65');
    const both = await Promise.allSettled([1, 2].map(() => admin().rotate({ id, reason: 'together' })));
    expect(both.map(r => r.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(r => r.status === 'rejected')).toMatchObject({
      reason: { cause: { code: 'key.not_in_use' } },
    });
    expect(await bed.rows("select 1 from signing_use where family = 'post-quantum'")).toHaveLength(2);
    await expect(admin().rotate({ id, reason: 'again' })).rejects.toMatchObject({
      cause: { code: 'key.not_in_use' },
    });
  });
});

describe('revocation', () => {
  it('ends a key at once, says why, and replaces it where it signs', async () => {
    const old = await active('ml-dsa-65');
    const before = await signed();
    const { key, successor } = await admin().revoke({ id: old.id, reason: 'the disk was stolen' });
    expect(key).toMatchObject({
      state: 'revoked',
      revokedAt: bed.clock.now().toISOString(),
      revokedReason: 'the disk was stolen',
    });
    expect(successor).toMatchObject({ state: 'active', algorithm: 'ml-dsa-65', simulated: true });
    expect(await verdict(before)).toBe('revoked');
    expect(await verdict(await signed())).toBe('ok');
    await expect(admin().revoke({ id: old.id, reason: 'again' })).rejects.toMatchObject({
      cause: { code: 'key.revoked' },
    });
    expect((await said(old.id)).at(-1)?.type).toBe('key.revoked');
  });

  it('holds in every other process at its next signature', async () => {
    const other = openDatabase(bed.adminUrl);
    try {
      const ids = async () => (await activeSigners(other, bed.clock)).map(s => s.keyid);
      const before = await ids();
      const { successor } = await admin().revoke({ id: (await active('ed25519')).id, reason: 'leaked' });
      expect(await ids()).toEqual([successor?.id, before[1]]);
    } finally {
      await other.close();
    }
  });

  it('of a key that signs nothing any more needs no successor', async () => {
    const retired = (await admin().list()).rows.find(k => k.state === 'verifies');
    const { successor } = await admin().revoke({ id: retired?.id ?? '', reason: 'found in a backup' });
    expect(successor).toBeNull();
  });

  it('of a key that does not exist is refused', async () => {
    await expect(admin().revoke({ id: 'f'.repeat(64), reason: 'no such' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('public keys', () => {
  it('are everybody’s, as a JWK set whose ids are fingerprints, with no private member', async () => {
    for (const who of [anonymous, tenantCaller('acme'), person('service')]) {
      const { keys } = await createCaller(bed.as(who)).keys.published({});
      for (const jwk of keys) {
        const { kty, crv, x, y, pub, alg } = jwk as Record<string, unknown>;
        const key = createPublicKey({ key: { kty, crv, x, y, pub, alg } as never, format: 'jwk' });
        expect(fingerprintOf(key)).toBe(jwk.kid);
        for (const secret of ['d', 'priv', 'seed']) expect(jwk).not.toHaveProperty(secret);
      }
      expect(new Set(keys.map(k => k.state))).toEqual(new Set(['active', 'expired', 'revoked']));
    }
  });
});

describe('the control P2.signing_key', () => {
  const control = allControls().find(c => c.id === 'P2.signing_key') ?? expect.fail('No such control.');
  const run = () => runControl(control, bed.system);
  const cosign = (password: string) => {
    const path = join(dir, 'cosign.key');
    writeFileSync(path, sealCosignKey(generatePrivateKey('ecdsa-p256'), password));
    return path;
  };

  it('is BLOCKED while a simulation key signs, and says what is missing', async () => {
    expect(await run()).toMatchObject({
      result: 'BLOCKED',
      reason: 'COSIGN_KEY_PATH is missing: a labelled simulation key signs',
    });
  });

  it('is BLOCKED by a path without a key, and by a wrong password', async () => {
    loadEnvForTest({ ...base, COSIGN_KEY_PATH: '/nowhere/cosign.key', COSIGN_PASSWORD: 'x' });
    forgetSigners(bed.database);
    expect(await run()).toMatchObject({
      result: 'BLOCKED',
      reason: expect.stringContaining('cannot be read'),
    });
    loadEnvForTest({ ...base, COSIGN_KEY_PATH: cosign('right'), COSIGN_PASSWORD: 'wrong' });
    forgetSigners(bed.database);
    expect(await run()).toMatchObject({
      result: 'BLOCKED',
      reason: expect.stringContaining('does not open'),
    });
  });

  it('passes once the cosign key signs, fails when what it signs is refused, and is BLOCKED once it is gone', async () => {
    loadEnvForTest({ ...base, COSIGN_KEY_PATH: cosign('pw'), COSIGN_PASSWORD: 'pw' });
    forgetSigners(bed.database);
    expect(await run()).toMatchObject({ result: 'PASS', reason: expect.stringContaining('The cosign key') });
    const { id } = await active('ecdsa-p256');
    await bed.rows('update signing_key set verify_until = $2 where id = $1', [id, bed.clock.now()]);
    expect((await run()).result).toBe('FAIL');
    await bed.rows('update signing_key set verify_until = null where id = $1', [id]);
    await expect(admin().rotate({ id, reason: 'nothing new there' })).rejects.toMatchObject({
      cause: { code: 'key.same' },
    });
    cosign('pw');
    const { successor } = await admin().rotate({ id, reason: 'a new file' });
    expect(successor).toMatchObject({ origin: 'cosign', simulated: false });
    expect((await run()).result).toBe('PASS');
    loadEnvForTest(base);
    forgetSigners(bed.database);
    expect(await run()).toMatchObject({
      result: 'BLOCKED',
      reason: expect.stringContaining('not set any more'),
    });
    const back = await admin().rotate({ id: successor?.id ?? '', reason: 'the file is lost' });
    expect(back.successor).toMatchObject({ origin: 'generated', simulated: true, algorithm: 'ecdsa-p256' });
    expect((await run()).reason).toContain('a labelled simulation key signs');
  });
});
