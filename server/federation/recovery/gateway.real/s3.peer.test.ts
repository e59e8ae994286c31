import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { signedHeaders } from '#kernel/http/sigv4.ts';
import { person, testBed } from '#scripts/testing/database.ts';
import { testLedger } from '#scripts/testing/ledger.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { type Swift, startSwift, swiftMissing } from '#scripts/testing/swift.ts';
import { createCaller } from '#server/root.ts';
import { runDrill, runSnapshot } from '../service/perform.ts';
import { s3Store } from './s3.ts';

describe.skipIf(swiftMissing)(
  'an object store of somebody else’s (peer: swift)',
  { timeout: 300_000 },
  () => {
    const home = mkdtempSync(join(tmpdir(), 'atom-objects-'));
    chmodSync(home, 0o711);
    const region = 'us-east-1';
    let swift: Swift;
    const store = (secretAccessKey = swift.credentials.secretAccessKey) =>
      s3Store({
        endpoint: swift.endpoint,
        bucket: 'snapshots/prefix',
        region,
        credentials: { ...swift.credentials, secretAccessKey },
      });

    beforeAll(async () => {
      swift = await startSwift();
      const url = new URL(`${swift.endpoint}/snapshots`);
      const payloadHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
      const { host: _host, ...headers } = signedHeaders(
        { method: 'PUT', url, payloadHash, headers: { 'x-amz-content-sha256': payloadHash } },
        swift.credentials,
        { region, service: 's3', at: new Date() },
      );
      const made = await fetch(url, { method: 'PUT', headers });
      expect(made.status, await made.text()).toBe(200);
    }, 300_000);
    afterAll(() => {
      swift?.stop();
      rmSync(home, { recursive: true });
    });

    it('keeps files as they were, large ones too, gives null for what is not there, and forgets', async () => {
      const file = join(home, 'part');
      writeFileSync(file, randomBytes(12 * 1024 * 1024));
      await store().put('s1', 'tenant.copy.gz.enc', file);
      const read = await store().get('s1', 'tenant.copy.gz.enc');
      expect(read && (await buffer(read)).equals(readFileSync(file))).toBe(true);
      writeFileSync(file, 'other');
      await store().put('s1', 'tenant.copy.gz.enc', file);
      const again = await store().get('s1', 'tenant.copy.gz.enc');
      expect(again && (await buffer(again)).toString()).toBe('other');
      expect(await store().get('s1', 'never-written')).toBeNull();
      await store().remove('s1', ['tenant.copy.gz.enc', 'never-written']);
      expect(await store().get('s1', 'tenant.copy.gz.enc')).toBeNull();
    });

    it('takes a snapshot of the console and gives it back to a drill that proves it', async () => {
      loadEnvForTest({
        ATOM_HOME: home,
        ATOM_SECRET: testSecret,
        LOG_LEVEL: 'silent',
        S3_ENDPOINT: swift.endpoint,
        S3_BUCKET: 'snapshots',
        S3_ACCESS_KEY_ID: swift.credentials.accessKeyId,
        S3_SECRET_ACCESS_KEY: swift.credentials.secretAccessKey,
      });
      const bed = await testBed();
      try {
        await testLedger(bed).grow(5);
        const recovery = createCaller(bed.as(person('operator'))).recovery;
        const { id } = await recovery.snapshot({});
        await runSnapshot(bed.system, id);
        expect((await recovery.snapshots()).rows).toMatchObject([{ id, state: 'complete', provenAt: null }]);
        await runDrill(bed.system, id, 'demand');
        const [done] = (await recovery.drills()).rows;
        expect(done?.checks.filter(check => !check.passed)).toEqual([]);
        expect((await recovery.snapshots()).rows).toMatchObject([{ id, provenAt: expect.any(String) }]);
      } finally {
        await bed.close();
      }
    });

    it('refuses a wrong secret, and that is an error and not an empty store', async () => {
      await expect(store('not wanted').get('s1', 'anything')).rejects.toThrow('answers 403');
    });
  },
);
