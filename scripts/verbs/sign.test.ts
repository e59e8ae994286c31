import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatePrivateKey, publicPem } from '#kernel/signing/algorithm.ts';
import { sealCosignKey } from '#kernel/signing/cosign-key.ts';
import { type TestBed, testBed } from '../testing/database.ts';
import { testSecret } from '../testing/secret.ts';

let bed: TestBed;
const home = mkdtempSync(join(tmpdir(), 'atom-sign-'));
const file = join(home, 'plan.txt');
const envelope = `${file}.dsse.json`;
const bundle = `${file}.sigstore.json`;
const cosign = join(home, 'cosign.key');
const keysFile = join(home, 'keys.pem');

beforeAll(async () => {
  bed = await testBed();
  writeFileSync(join(home, 'console.dsn'), bed.adminUrl);
  writeFileSync(file, 'the plan');
  writeFileSync(cosign, sealCosignKey(generatePrivateKey('ecdsa-p256'), 'pw'));
});
afterAll(async () => {
  await bed.close();
  rmSync(home, { recursive: true });
});

const run = (env: Record<string, string>, words: string[]) =>
  promisify(execFile)(process.execPath, ['scripts/atom.ts', ...words], {
    env: { NODE_ENV: 'test', PATH: process.env.PATH, LOG_LEVEL: 'silent', ...env },
  }).then(
    done => ({ code: 0, ...done }),
    error => ({ code: error.code as number, stdout: String(error.stdout), stderr: String(error.stderr) }),
  );
const atom = (...words: string[]) =>
  run({ ATOM_HOME: home, ATOM_SECRET: testSecret, COSIGN_KEY_PATH: cosign, COSIGN_PASSWORD: 'pw' }, words);
/** With no console, no database and no secret: public keys alone. */
const offline = (...words: string[]) => run({ ATOM_HOME: join(home, 'nothing') }, words);
const refusal = (text: string) => /is refused \((\w+)\): [A-Z][^.]+\.\n$/.exec(text)?.[1];

describe('npm run atom -- sign, verify', () => {
  it('signs with both keys, and verifies with the console’s', async () => {
    const signed = await atom('sign', file);
    expect(signed).toMatchObject({ code: 0, stderr: '' });
    expect(signed.stdout).toMatch(
      /^\S+plan\.txt is signed by ecdsa-p256 [0-9a-f]{16} and ml-dsa-65 [0-9a-f]{16}, in \S+ and \S+\.\n$/,
    );
    const verified = await atom('verify', file);
    expect(verified.code).toBe(0);
    expect(verified.stdout).toMatch(
      /is verified: signed by ecdsa-p256 [0-9a-f]{16} and ml-dsa-65 [0-9a-f]{16}\.\n$/,
    );
    expect(await bed.rows("select actor from ledger_entry where type = 'artefact.signed'")).toEqual([
      { actor: 'system:cli' },
    ]);
    const pems = await bed.rows<{ public_key: string }>('select public_key from signing_key');
    writeFileSync(keysFile, pems.map(p => p.public_key).join(''));
  });

  it('verifies offline with public keys alone, and says when only the classical half was there', async () => {
    expect((await offline('verify', file, '--key', keysFile)).code).toBe(0);
    const half = await offline('verify', file, '--bundle', bundle, '--key', keysFile);
    expect(half).toMatchObject({ code: 0, stdout: expect.stringContaining('the classical half only') });
  });

  it('refuses with a reason and exit code 1', async () => {
    const made = JSON.parse(readFileSync(envelope, 'utf8'));
    const bent: [string, unknown[]][] = [
      ['half_signed', made.signatures.slice(0, 1)],
      ['duplicated_key', [...made.signatures, made.signatures[0]]],
      ['unsigned', []],
    ];
    for (const [wanted, signatures] of bent) {
      const path = join(home, `${wanted}.json`);
      writeFileSync(path, JSON.stringify({ ...made, signatures }));
      const { code, stderr } = await offline('verify', file, '--bundle', path, '--key', keysFile);
      expect([code, refusal(stderr)]).toEqual([1, wanted]);
    }
    const other = join(home, 'other.txt');
    writeFileSync(other, 'another plan');
    const about = await offline('verify', other, '--bundle', envelope, '--key', keysFile);
    expect([about.code, refusal(about.stderr)]).toEqual([1, 'wrong_subject']);
    const aboutBundle = await offline('verify', other, '--bundle', bundle, '--key', keysFile);
    expect([aboutBundle.code, refusal(aboutBundle.stderr)]).toEqual([1, 'wrong_subject']);
    const stranger = join(home, 'stranger.pem');
    writeFileSync(stranger, publicPem(createPublicKey(generatePrivateKey('ed25519'))));
    const strange = await offline('verify', file, '--key', stranger);
    expect([strange.code, refusal(strange.stderr)]).toEqual([1, 'wrong_key']);
  });

  it('knows a key that was revoked since', async () => {
    const copy = join(home, 'copy.txt');
    copyFileSync(file, copy);
    await bed.rows(
      "update signing_key set revoked_at = now(), revoked_reason = 'test' where algorithm = 'ml-dsa-65'",
    );
    const { code, stderr } = await atom('verify', copy, '--bundle', envelope);
    expect([code, refusal(stderr)]).toEqual([1, 'revoked']);
    await bed.rows('update signing_key set revoked_at = null, revoked_reason = null');
  });

  it('says what it wants when it is called wrongly', async () => {
    for (const words of [['sign'], ['verify'], ['sign', 'a', 'b'], ['verify', file, '--nonsense']])
      expect(await atom(...words)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Name one file: npm run atom -- '),
      });
    const gone = await atom('verify', join(home, 'gone'));
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/^The file \S+ cannot be read\.\n$/);
    expect((await offline('verify', file, '--key', file)).stderr).toContain('holds no public key in PEM');
  });
});
