import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { compactVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous, type Principal } from '#kernel/auth/principal.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { type Bus, openBus } from '#kernel/realtime/bus.ts';
import { activeSigners } from '#kernel/signing/signer.ts';
import { person, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { testHub } from '#scripts/testing/policies.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { until } from '#scripts/testing/until.ts';
import { answerBundle, waitOf } from './policy-bundle.ts';
import { createCaller } from './root.ts';

let bed: TestBed;
let hub: Awaited<ReturnType<typeof testHub>>;
let bus: Bus;
const folder = mkdtempSync(join(tmpdir(), 'atom-bundle-'));
const operator = person('operator');
const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
const retention = (days: number, more: object = {}) => ({
  id: 'keep.data',
  kind: 'retention',
  document: { defaultDays: days, rules: [{ dataClass: 'health', days: 3 }] },
  ...more,
});

beforeAll(async () => {
  bed = await testBed();
  hub = await testHub(bed);
  bus = await openBus(bed.database);
  await hub.activate(retention(30));
});
afterAll(async () => {
  loadEnvForTest(base);
  await bus.close();
  await hub.stop();
  await bed.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (
  headers: Record<string, string> = {},
  who: Principal = operator,
  { id = 'keep.data', of = bed, by = bus } = {},
) =>
  answerBundle(
    {
      method: 'GET',
      path: `/policy/${id}/bundle`,
      query: new URLSearchParams(),
      header: name => headers[name],
      body: null,
      ip: '127.0.0.1',
    },
    { ...of, principal: async () => who, bus: async () => by },
  );

/** A bus that tells who listens, and what they were told. */
function tapOf(of: Bus) {
  const heard: (string | null)[] = [];
  let listeners = 0;
  const tapped: Bus = {
    ...of,
    subscribe: (onEvent, from) => {
      listeners += 1;
      return of.subscribe(event => {
        onEvent(event);
        if (!('gap' in event)) heard.push(event.key);
      }, from);
    },
  };
  return { bus: tapped, listening: () => listeners > 0, heard: () => heard };
}

/** Unpacked by the system's own tar: what a stranger's program makes of it. */
function unpack(bytes: string | Buffer, name: string): string {
  const dir = mkdtempSync(join(folder, `${name}-`));
  writeFileSync(join(dir, '..', `${name}.tar.gz`), bytes);
  execFileSync('tar', ['xzf', join(dir, '..', `${name}.tar.gz`), '-C', dir]);
  return dir;
}

/** OPA's rule for structured files: keys in order, walked, each value as JSON without spaces; a digest of what was walked. */
function opaHash(value: unknown): string {
  const hash = createHash('sha256');
  const walk = (v: unknown): void => {
    if (Array.isArray(v)) {
      hash.update('[');
      v.forEach((item, i) => {
        if (i > 0) hash.update(',');
        walk(item);
      });
      hash.update(']');
    } else if (v !== null && typeof v === 'object') {
      hash.update('{');
      Object.keys(v)
        .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .forEach((key, i) => {
          if (i > 0) hash.update(',');
          hash.update(`${JSON.stringify(key)}:`);
          walk((v as Record<string, unknown>)[key]);
        });
      hash.update('}');
    } else hash.update(JSON.stringify(v));
  };
  walk(value);
  return hash.digest('hex');
}

interface Payload {
  files: { name: string; hash: string; algorithm: string }[];
  scope: string;
}

/** What a standard client does: the JWT's signature, then every file against its list, and no file beside it. */
async function findings(dir: string, key: KeyObject): Promise<string[]> {
  const { signatures } = JSON.parse(readFileSync(join(dir, '.signatures.json'), 'utf8'));
  expect(signatures).toHaveLength(1);
  const { payload } = await compactVerify(signatures[0], key);
  const { files } = JSON.parse(Buffer.from(payload).toString('utf8')) as Payload;
  const wrong = files.flatMap(({ name, hash, algorithm }) => {
    const found = opaHash(JSON.parse(readFileSync(join(dir, name), 'utf8')));
    return algorithm === 'SHA-256' && found === hash ? [] : [`${name} was changed`];
  });
  const listed = new Set(files.map(f => f.name));
  const unlisted = readdirSync(dir).filter(name => name !== '.signatures.json' && !listed.has(name));
  return [...wrong, ...unlisted.map(name => `${name} is not signed`)];
}

const classicalKey = async (of: TestBed) => {
  const signer = (await activeSigners(of.database, of.clock)).find(s => s.algorithm !== 'ml-dsa-65');
  if (!signer) throw new Error('no classical key');
  return signer;
};

describe('a policy as an OPA bundle', () => {
  it('is read by tar, verified by jose, and hashed by OPA’s own rule', async () => {
    const answer = await ask();
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/gzip' } });
    const dir = unpack(answer.body, 'good');
    expect(readdirSync(dir).toSorted()).toEqual(['.manifest', '.signatures.json', 'data.json']);
    const data = JSON.parse(readFileSync(join(dir, 'data.json'), 'utf8'));
    expect(data.policies['keep.data']).toMatchObject({
      kind: 'retention',
      document: { defaultDays: 30 },
      version: 1,
    });
    const { publicKey, algorithm } = await classicalKey(bed);
    expect(algorithm).toBe('ed25519');
    expect(await findings(dir, publicKey)).toEqual([]);
  });

  it('shows a changed file, an added one and a stranger’s signature', async () => {
    const { publicKey } = await classicalKey(bed);
    const dir = unpack((await ask()).body, 'bad');
    const file = join(dir, 'data.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"defaultDays":30', '"defaultDays":31'));
    writeFileSync(join(dir, 'more.json'), '{}');
    expect(await findings(dir, publicKey)).toEqual(['data.json was changed', 'more.json is not signed']);
    await expect(findings(dir, generateKeyPairSync('ed25519').publicKey)).rejects.toThrow(
      'signature verification failed',
    );
  });

  it('is not sent again to who has it, and waits for the next version where asked to', async () => {
    const first = await ask();
    const { etag = '' } = first.headers;
    expect(await ask({ 'if-none-match': etag })).toMatchObject({ status: 304, body: '' });
    expect(await ask({ 'if-none-match': '"other"' })).toMatchObject({ status: 200 });
    expect(await ask({ 'if-none-match': `"other", W/${etag}` })).toMatchObject({ status: 304 });
    expect(await ask({ 'if-none-match': etag, prefer: 'wait=0' })).toMatchObject({
      status: 304,
      headers: { 'content-type': 'application/vnd.openpolicyagent.bundles' },
    });
    const dispatcher = createDispatcher(bed.database.pool('atom_owner'));
    while ((await dispatcher.step()) !== 0);
    const tapped = tapOf(bus);
    const waits = ask({ 'if-none-match': etag, prefer: 'modes=snapshot,delta;wait=60' }, operator, {
      by: tapped.bus,
    });
    await until('it listens', tapped.listening);
    await hub.activate(retention(5, { id: 'keep.globex', scope: { tenant: 'globex' } }));
    while ((await dispatcher.step()) !== 0);
    await until('it heard of another policy', () => tapped.heard().includes('keep.globex'));
    // Had it answered until now, it would have said 304.
    await hub.activate(retention(29));
    while ((await dispatcher.step()) !== 0);
    const next = await waits;
    expect(next.status).toBe(200);
    expect(next.headers.etag).not.toBe(etag);
    expect(
      JSON.parse(readFileSync(join(unpack(next.body, 'next'), 'data.json'), 'utf8')).policies['keep.data']
        .document.defaultDays,
    ).toBe(29);
  });

  it('never waits longer than a minute', () => {
    expect(waitOf('wait=3')).toBe(3);
    expect(waitOf('respond-async; wait=500')).toBe(60);
    expect(waitOf('modes=snapshot,delta;wait=15')).toBe(15);
    expect(waitOf('await=3')).toBeNull();
    expect(waitOf(undefined)).toBeNull();
  });

  it('is for those who may read policies, and a tenant’s own for that tenant', async () => {
    await hub.activate(retention(5, { id: 'keep.acme', scope: { tenant: 'acme' } }));
    expect((await ask({}, anonymous)).status).toBe(401);
    expect((await ask({}, { ...operator, holders: ['guest'] })).status).toBe(403);
    expect((await ask({}, tenantCaller('acme'), { id: 'keep.acme' })).status).toBe(200);
    expect((await ask({}, tenantCaller('globex'), { id: 'keep.acme' })).status).toBe(404);
    expect((await ask({}, operator, { id: 'no.such' })).status).toBe(404);
    expect((await ask({}, operator, { id: '%zz' })).status).toBe(404);
  });
});

describe('a policy as a sigstore bundle', () => {
  const sigstore = (of: TestBed) => createCaller(of.as(operator)).policies.sigstore({ id: 'keep.data' });
  const verifies = (bundle: unknown, publicKey: KeyObject) => {
    const material = toTrustMaterial(TrustedRoot.fromJSON({}), () => ({ publicKey, validFor: () => true }));
    const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
    verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
  };

  it('is refused in words where the classical key is not of its kind', async () => {
    await expect(sigstore(bed)).rejects.toMatchObject({
      cause: { code: 'policy.sigstore', message: expect.stringMatching(/ed25519.*P-256/) },
    });
  });

  it('holds for sigstore’s own verifier, as the OPA bundle does for jose, with a P-256 key', async () => {
    const other = await testBed();
    const path = join(folder, 'own.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    loadEnvForTest({ ...base, SIGNING_KEY_PATH: path });
    const there = await testHub(other);
    try {
      await there.activate(retention(30));
      const bundle = await sigstore(other);
      const publicKey = createPublicKey(privateKey);
      expect(bundle.mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
      expect(() => verifies(bundle, publicKey)).not.toThrow();
      const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
      expect(() => verifies(bundle, stranger)).toThrow('signature verification failed');
      const envelope = bundle.dsseEnvelope as { payload: string };
      const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8'));
      expect(statement.predicate).toMatchObject({ id: 'keep.data', version: 1 });
      const dir = unpack((await ask({}, operator, { id: 'keep.data', of: other })).body, 'p256');
      expect(await findings(dir, publicKey)).toEqual([]);
    } finally {
      loadEnvForTest(base);
      await there.stop();
      await other.close();
    }
  });
});
