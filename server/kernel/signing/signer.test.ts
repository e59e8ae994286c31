import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#kernel/db/database.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import {
  checkpointText,
  noteSigner,
  openNote,
  parseVerifierKey,
  signNote,
  verifierKey,
} from '#kernel/ledger/note.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { generatePrivateKey, publicPem } from './algorithm.ts';
import { sealCosignKey } from './cosign-key.ts';
import { activeSigners, forgetSigners, signHybrid, trustedKeys, verifyHybrid } from './signer.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
const dir = mkdtempSync(join(tmpdir(), 'atom-signing-'));
const type = 'application/vnd.in-toto+json';
const payload = Buffer.from('{"a":1}');
let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterEach(() => void loadEnvForTest(base));
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await bed.close();
});

function cosignFile(password: string): string {
  const path = join(dir, 'cosign.key');
  writeFileSync(path, sealCosignKey(generatePrivateKey('ecdsa-p256'), password));
  return path;
}

const kinds = async (on: TestBed, use?: 'ledger') =>
  (await activeSigners(on.database, on.clock, use)).map(s => s.algorithm);

describe('the key store', () => {
  it('makes a classical and a post-quantum key once, however many ask at first', async () => {
    const others = [openDatabase(bed.adminUrl), openDatabase(bed.adminUrl)];
    const asked = await Promise.all(
      [bed.database, ...others].map(d => activeSigners(d, bed.clock).then(found => found.map(s => s.keyid))),
    );
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[2]).toEqual(asked[0]);
    await Promise.all(others.map(d => d.close()));
    expect(await kinds(bed)).toEqual(['ed25519', 'ml-dsa-65']);
    expect(await bed.rows("select 1 from ledger_entry where type = 'key.generated'")).toHaveLength(2);
    expect(await bed.rows('select origin, simulated from signing_key')).toEqual([
      { origin: 'generated', simulated: true },
      { origin: 'generated', simulated: true },
    ]);
  });

  it('signs so that its own published keys verify', async () => {
    const envelope = await signHybrid(type, payload, await activeSigners(bed.database, bed.clock));
    const held = verifyHybrid(envelope, type, await trustedKeys(bed.database), bed.clock.now());
    expect(held).toMatchObject({ ok: true, payload });
  });

  it('keeps the private halves sealed, under a name that binds them to their row', async () => {
    const rows = await bed.rows<{ id: string; sealed_key: string }>('select id, sealed_key from signing_key');
    for (const row of rows) expect(row.sealed_key).toMatch(/^seal1\./);
    const [a, b] = rows;
    await bed.rows('update signing_key set sealed_key = $2 where id = $1', [a?.id, b?.sealed_key]);
    forgetSigners(bed.database);
    await expect(activeSigners(bed.database, bed.clock)).rejects.toThrow('does not open');
    await bed.rows('update signing_key set sealed_key = $2 where id = $1', [a?.id, a?.sealed_key]);
    await expect(activeSigners(bed.database, bed.clock)).resolves.toHaveLength(2);
  });

  it('takes over the key that signed checkpoints before', async () => {
    const { env } = await import('#kernel/env/env.ts');
    const old = noteSigner('console.example/atom-ledger', env().secret('ledger-checkpoint'));
    const note = signNote(checkpointText({ origin: 'x', size: 1, root: Buffer.alloc(32) }), [old]);
    const [classical] = await activeSigners(bed.database, bed.clock, 'ledger');
    expect(classical?.publicKey.export({ format: 'jwk' }).x).toBe(old.publicKey.toString('base64url'));
    expect(openNote(note, [parseVerifierKey(verifierKey(old))])).not.toBeNull();
  });

  it('does not let an auditor’s role read a private half', async () => {
    const auditor = bed.database.pool('atom_auditor');
    await expect(auditor.query('select sealed_key from signing_key')).rejects.toThrow('permission denied');
    expect((await auditor.query('select id, public_key from signing_key')).rowCount).toBe(2);
    await expect(bed.database.pool('atom_app').query('delete from signing_key')).rejects.toThrow(
      'permission denied',
    );
    await expect(bed.database.pool('atom_tenant').query('select id from signing_key')).rejects.toThrow(
      'permission denied',
    );
  });
});

describe('an operator’s key', () => {
  it('is taken over from an encrypted cosign file; the ledger keeps its own', async () => {
    const before = await activeSigners(bed.database, bed.clock);
    loadEnvForTest({ ...base, COSIGN_KEY_PATH: cosignFile('open sesame'), COSIGN_PASSWORD: 'open sesame' });
    forgetSigners(bed.database);
    expect(await kinds(bed)).toEqual(['ecdsa-p256', 'ml-dsa-65']);
    expect(await kinds(bed, 'ledger')).toEqual(['ed25519', 'ml-dsa-65']);
    forgetSigners(bed.database);
    expect(await kinds(bed)).toEqual(['ecdsa-p256', 'ml-dsa-65']);
    expect(await bed.rows("select 1 from ledger_entry where type = 'key.adopted'")).toHaveLength(1);
    const old = await signHybrid(type, payload, before);
    expect(verifyHybrid(old, type, await trustedKeys(bed.database), bed.clock.now()).ok).toBe(true);
  });

  it('that went away is missed, not replaced in silence', async () => {
    forgetSigners(bed.database);
    await expect(activeSigners(bed.database, bed.clock)).rejects.toMatchObject({
      code: 'signing.key_missing',
    });
  });

  it('that was exchanged under the console is noticed by its fingerprint', async () => {
    const path = cosignFile('two');
    const other = await testBed();
    try {
      loadEnvForTest({ ...base, COSIGN_KEY_PATH: path, COSIGN_PASSWORD: 'two' });
      expect(await kinds(other)).toEqual(['ecdsa-p256', 'ml-dsa-65']);
      const { openSigner } = await import('./open-key.ts');
      const { selectUses } = await import('./store.ts');
      const row = (await selectUses(other.database.pool('atom_app'))).find(r => r.origin === 'cosign');
      cosignFile('two');
      if (!row) throw new Error('No cosign key is in use.');
      await expect(openSigner(row)).rejects.toMatchObject({ code: 'signing.other_key' });
    } finally {
      await other.close();
    }
  });

  it('with the wrong password does not keep the console from starting', async () => {
    const other = await testBed();
    try {
      loadEnvForTest({ ...base, COSIGN_KEY_PATH: cosignFile('right'), COSIGN_PASSWORD: 'wrong' });
      expect(await kinds(other)).toEqual(['ed25519', 'ml-dsa-65']);
    } finally {
      await other.close();
    }
  });

  it('may be a file of any of the three kinds, encrypted or not', async () => {
    const other = await testBed();
    try {
      const path = join(dir, 'own.pem');
      const { privateKey } = generateKeyPairSync('ml-dsa-65');
      writeFileSync(
        path,
        privateKey
          .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pw' })
          .toString(),
      );
      loadEnvForTest({ ...base, SIGNING_KEY_PATH: path, SIGNING_KEY_PASSWORD: 'pw' });
      const [, postQuantum] = await activeSigners(other.database, other.clock);
      const [row] = await other.rows<{ public_key: string; simulated: boolean }>(
        "select public_key, simulated from signing_key where origin = 'file'",
      );
      expect(postQuantum && publicPem(postQuantum.publicKey)).toBe(row?.public_key);
      expect(row?.simulated).toBe(false);
    } finally {
      await other.close();
    }
  });
});
