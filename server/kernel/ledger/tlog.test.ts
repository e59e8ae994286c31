import { gunzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runControl } from '#kernel/controls/define.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { person, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { type TestLedger, testLedger } from '#scripts/testing/ledger.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { ledgerControl } from '#server/governance/audit/controls.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { findings } from './findings.ts';
import { perfectRoot } from './nodes.ts';
import { openCheckpoint, openNote } from './note.ts';
import { parseVerifierKey } from './note-keys.ts';
import { checkPromise, parsePromise } from './promise.ts';
import { consistencyBetween, proofOf, rootAt, signedHead } from './proofs.ts';
import { freshness } from './state.ts';
import { parseTile, tileName } from './tlog.ts';
import { appendLeaves, emptyFrontier, leafHash, rootOf, verifyConsistency, verifyInclusion } from './tree.ts';

let bed: TestBed;
let ledger: TestLedger;
let port: FastifyInstance;
let token: string;
let size: number;
const pool = () => bed.database.pool('atom_owner');
const get = (path: string, headers: Record<string, string> = {}) =>
  port.inject({ url: `/tlog${path}`, headers: { host: 'localhost', ...headers } });

beforeAll(async () => {
  bed = await testBed();
  ledger = testLedger(bed);
  port = portServer(systems.find(s => s.key === 'audits') ?? expect.fail(), bed);
  const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
  token = (await admin.tokens.create({ name: 'monitor', roles: ['auditor'] })).secret;
  await ledger.bulk(597);
  await ledger.grow(2);
  size = (await signedHead(pool()))?.size ?? 0;
});
afterAll(async () => {
  await port.close();
  await bed.close();
});

describe('tile paths', () => {
  it.each([
    [0, '000'],
    [999, '999'],
    [1234067, 'x001/x234/067'],
  ])('%i is %s', (index, name) => {
    expect(tileName(index)).toBe(name);
    expect(parseTile(`/tile/0/${name}`)).toEqual({ level: 0, index, width: 256 });
  });
  it.each([
    '/tile/00/000',
    '/tile/64/000',
    '/tile/0/1',
    '/tile/0/x000/001',
    '/tile/0/001/002',
    '/tile/0/000.p/0',
    '/tile/0/000.p/256',
    '/tile/0/000.p/01',
    '/tile/-1/000',
    '/tile/entries/../000',
  ])('%s is none', path => {
    expect(parseTile(path)).toBeNull();
  });
});

describe('read path', () => {
  it('gives everybody the signed checkpoint, for a second', async () => {
    const answer = await get('/checkpoint');
    expect([answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'public, max-age=1, must-revalidate',
    ]);
    const keys = (await get('/keys')).body.trim().split('\n').map(parseVerifierKey);
    expect(openCheckpoint(answer.body, keys)).toMatchObject({ ok: true, checkpoint: { size } });
    const again = await get('/checkpoint', { 'if-none-match': String(answer.headers.etag) });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect((await get('/1/checkpoint')).statusCode).toBe(200);
    expect((await get('/2/checkpoint')).statusCode).toBe(404);
  });

  it('gives everybody the tiles from which the root follows, for ever', async () => {
    const w0 = size - 512;
    const tiles = await Promise.all(
      [`/tile/0/000`, '/tile/0/001', `/tile/0/002.p/${w0}`, '/tile/1/000.p/2'].map(path => get(path)),
    );
    for (const tile of tiles)
      expect([tile.statusCode, tile.headers['content-type'], tile.headers['cache-control']]).toEqual([
        200,
        'application/octet-stream',
        'public, max-age=31536000, immutable',
      ]);
    const [first, second, partial, upper] = tiles.map(tile => tile.rawPayload) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    const leaves = Buffer.concat([first, second, partial]);
    const frontier = appendLeaves(
      emptyFrontier,
      Array.from({ length: size }, (_, i) => leaves.subarray(i * 32, i * 32 + 32)),
    );
    expect(rootOf(frontier)).toEqual((await signedHead(pool()))?.root);
    expect(upper).toEqual(Buffer.concat([perfectRoot(first), perfectRoot(second)]));
    expect((await get('/tile/0/002.p/7')).rawPayload).toEqual(partial.subarray(0, 7 * 32));
  });

  it.each([
    '/tile/0/002',
    '/tile/0/003.p/1',
    '/tile/1/000',
    '/tile/2/000.p/1',
    '/tile/0/002.p/200',
    '/nothing',
    '/tile/0/abc',
  ])('has no %s', async path => {
    expect((await get(path)).statusCode).toBe(404);
  });

  it('gives entries to those who may read the whole ledger, and to nobody else', async () => {
    loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'false' });
    expect((await get('/tile/entries/000')).statusCode).toBe(401);
    loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
    expect((await get('/tile/entries/000')).statusCode).toBe(403);
    const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
    expect(admin).toBeDefined();
    const bearer = { authorization: `Bearer ${token}` };
    const whole = await get('/tile/entries/000', bearer);
    expect([whole.statusCode, whole.headers['cache-control'], whole.headers.vary]).toEqual([
      200,
      'private, max-age=31536000, immutable',
      'authorization, accept-encoding',
    ]);
    const tile = (await get('/tile/0/000')).rawPayload;
    let at = 0;
    for (let i = 0; i < 256; i++) {
      const length = whole.rawPayload.readUInt16BE(at);
      expect(leafHash(whole.rawPayload.subarray(at + 2, at + 2 + length))).toEqual(
        tile.subarray(i * 32, i * 32 + 32),
      );
      at += 2 + length;
    }
    expect(at).toBe(whole.rawPayload.length);
    const zipped = await get('/tile/entries/000', { ...bearer, 'accept-encoding': 'gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.rawPayload)).toEqual(whole.rawPayload);
  });

  it('is read-only', async () => {
    const answer = await port.inject({
      method: 'POST',
      url: '/tlog/checkpoint',
      payload: 'x',
      headers: { host: 'localhost' },
    });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('shows nothing that no signed checkpoint covers', async () => {
    await ledger.append(1);
    await ledger.sequence();
    expect((await get(`/tile/0/002.p/${size - 512 + 1}`)).statusCode).toBe(404);
    await ledger.sign();
    expect((await get(`/tile/0/002.p/${size - 512 + 1}`)).statusCode).toBe(200);
  });
});

describe('proofs from stored nodes', () => {
  it('prove every kind of entry, and the trees between', async () => {
    const rows = await bed.rows<{ uid: string; idx: number }>(
      'select e.uid, l.idx from ledger_leaf l join ledger_entry e on e.id = l.entry_id where l.idx in (0, 255, 256, 511, 512, 590)',
    );
    expect(rows).toHaveLength(6);
    for (const { uid } of rows) {
      const proof = (await proofOf(pool(), uid)) ?? expect.fail();
      expect(verifyInclusion(proof.index, proof.size, leafHash(proof.body), proof.path, proof.root)).toBe(
        true,
      );
    }
    for (const [first, second] of [
      [0, 5],
      [1, 300],
      [256, 512],
      [255, 590],
      [500, 500],
    ] as const) {
      const { firstRoot, secondRoot, path } = await consistencyBetween(pool(), first, second);
      expect(verifyConsistency(first, second, firstRoot, secondRoot, path)).toBe(true);
    }
    await expect(consistencyBetween(pool(), 5, 4)).rejects.toMatchObject({ code: 'ledger.sizes' });
    await expect(consistencyBetween(pool(), 5, 99_999)).rejects.toMatchObject({ code: 'ledger.sizes' });
    expect(await rootAt(pool(), size)).toHaveLength(32);
  });

  it('are not given out when a node was changed', async () => {
    const [row] = await bed.rows<{ uid: string }>('select uid from ledger_entry order by id limit 1');
    await ledger.tamper(`update ledger_node set hash = sha256(hash) where level = 8 and idx = 1`);
    await expect(proofOf(pool(), row?.uid ?? '')).rejects.toMatchObject({ code: 'ledger.damaged' });
    const before = await bed.rows<{ leaf: Buffer }>(
      'select leaf from ledger_leaf where idx >= 256 and idx < 512 order by idx',
    );
    await ledger.tamper('update ledger_node set hash = $1 where level = 8 and idx = 1', [
      perfectRoot(Buffer.concat(before.map(r => r.leaf))),
    ]);
    expect(await proofOf(pool(), row?.uid ?? '')).not.toBeNull();
  });
});

describe('the promise', () => {
  const promised = async () => {
    const [uid = ''] = await ledger.append(1);
    const { promise } = await createCaller(bed.as(person('auditor'))).audits.promise({ uid });
    return { uid, promise };
  };

  it('names the entry, its leaf and a deadline, and is kept once the entry is sealed', async () => {
    const { uid, promise } = await promised();
    const keys = (await get('/keys')).body.trim().split('\n').map(parseVerifierKey);
    const opened = openNote(promise, keys);
    const said = parsePromise(opened.ok ? opened.note.text : '');
    expect(said).toMatchObject({ uid, origin: 'localhost:3000/tlog' });
    expect(said?.deadline.getTime()).toBe(bed.clock.now().getTime() + 10_000);
    expect(await createCaller(bed.as(person('auditor'))).audits.receipt({ uid })).toEqual({ receipt: null });
    expect(await checkPromise(bed, promise)).toBe('pending');
    await ledger.sequence();
    expect(await checkPromise(bed, promise)).toBe('kept');
  });

  it('is a finding when the entry was deleted before it was sealed', async () => {
    const { uid, promise } = await promised();
    await ledger.tamper('delete from ledger_entry where uid = $1', [uid]);
    bed.clock.advance(10_001);
    const caller = createCaller(bed.as(person('operator')));
    expect(await caller.audits.checkPromise({ promise })).toEqual({ state: 'broken' });
    expect((await findings(pool()))[0]).toMatchObject({
      kind: 'broken_promise',
      subject: uid,
      evidence: [promise],
    });
    const control = () => runControl(ledgerControl, bed.system);
    expect((await control()).result).toBe('FAIL');
    const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
    const [finding] = (await admin.audits.findings()).rows;
    const resolve = () =>
      admin.audits.resolveFinding({ id: finding?.id ?? '', resolution: 'Deleted by this test' });
    await resolve();
    await expect(resolve()).rejects.toMatchObject({ cause: { code: 'ledger.not_resolvable' } });
    expect((await control()).result).toBe('PASS');
    await expect(
      caller.audits.checkPromise({ promise: promise.replace(uid, uid.replace(/^./, 'f')) }),
    ).rejects.toMatchObject({
      cause: { code: 'ledger.promise' },
    });
  });

  it('is for readers of that entry', async () => {
    const [uid = ''] = await ledger.append(1);
    for (const name of ['promise', 'receipt'] as const)
      await expect(createCaller(bed.as(tenantCaller('acme'))).audits[name]({ uid })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
  });
});

describe('while the signed head is behind', () => {
  it('risky commands refuse, others and reads do not; without the guard they would pass', async () => {
    const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
    await ledger.append(1); // the test's clock stands in the past, so this entry has waited long
    await expect(admin.tokens.create({ name: 'unguarded', roles: ['auditor'] })).resolves.toBeDefined();
    freshness.limitSeconds = 10;
    try {
      await expect(admin.tokens.create({ name: 'refused', roles: ['auditor'] })).rejects.toMatchObject({
        cause: { code: 'ledger.behind' },
      });
      await expect(admin.audits.findings()).resolves.toBeDefined();
      await ledger.sequence();
      await expect(admin.tokens.create({ name: 'unsigned', roles: ['auditor'] })).rejects.toMatchObject({
        cause: { code: 'ledger.behind' },
      });
      await ledger.sign();
      await expect(admin.tokens.create({ name: 'sealed', roles: ['auditor'] })).resolves.toBeDefined();
    } finally {
      freshness.limitSeconds = Number.POSITIVE_INFINITY;
    }
  });
});

describe('what only takes trust away, while the signed head is behind', () => {
  it('is done, and written down with it; giving it back waits', async () => {
    const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
    const made = await admin.tokens.create({ name: 'leaked', roles: ['auditor'] });
    for (const [id, state] of [
      ['gone.example', 'active'],
      ['away.example', 'suspended'],
    ])
      await bed.rows(
        `insert into federation_member (id, trust_domain, endpoint, state, origin, simulated, bundle, bundle_sequence,
           refresh_hint, bundle_at, next_refresh_at, created_at, updated_at)
         values ($1, $1, 'https://x.example', $2, 'invited', true, '{}', 1, 300, now(), now(), now(), now())`,
        [id, state],
      );
    await bed.rows(
      `insert into "user" (id, name, display_name, roles, password_hash, created_at, updated_at)
       values ('00000000-0000-7000-8000-00000000aaaa', 'stolen', 'stolen', '{operator}', '-', now(), now())`,
    );
    await bed.rows(
      `insert into relay (id, labels, public_key, state, agent, simulated, joined_at, updated_at)
       values ('edge-1', '{}', 'none', 'admitted', 'test', true, now(), now())`,
    );
    await ledger.append(1);
    freshness.limitSeconds = 10;
    try {
      const reason = 'it was stolen';
      await admin.trust.revoke({ id: 'gone.example', reason });
      await admin.tokens.revoke({ id: made.token.id, reason });
      await admin.identity.suspend({ id: '00000000-0000-7000-8000-00000000aaaa', reason });
      await admin.relays.revoke({ id: 'edge-1', reason });
      const key = (await admin.keys.list()).rows.find(row => row.state === 'active');
      await admin.keys.revoke({ id: key?.id ?? '', reason });
      const types = ['federation.revoked', 'token.revoked', 'user.suspended', 'relay.revoked', 'key.revoked'];
      expect(
        await bed.rows('select type from ledger_entry where type = any($1) order by id', [types]),
      ).toEqual(types.map(type => ({ type })));
      for (const back of [
        () => admin.trust.resume({ id: 'away.example', reason }),
        () => admin.identity.reinstate({ id: '00000000-0000-7000-8000-00000000aaaa', reason }),
        () => admin.keys.rotate({ id: key?.id ?? '', reason }),
      ])
        await expect(back()).rejects.toMatchObject({ cause: { code: 'ledger.behind' } });
    } finally {
      freshness.limitSeconds = Number.POSITIVE_INFINITY;
    }
  });
});

describe('witnesses are managed', () => {
  it('by an admin with a second factor, with keys that fit', async () => {
    const admin = createCaller(
      bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }),
    ).audits;
    const { ownKey } = await admin.witnesses();
    const [ledgerKey = ''] = (await get('/keys')).body.split('\n');
    const added = { id: 'w1', url: 'https://witness.example/', vkeys: [ownKey] };
    await expect(admin.addWitness({ ...added, vkeys: [ledgerKey] })).rejects.toMatchObject({
      cause: { code: 'ledger.key' },
    });
    expect(await admin.addWitness(added)).toEqual({ id: 'w1' });
    await expect(admin.addWitness(added)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(admin.addLog({ origin: 'log.example/x', vkeys: [ownKey] })).rejects.toMatchObject({
      cause: { code: 'ledger.key' },
    });
    await admin.addLog({ origin: 'log.example/x', vkeys: [ledgerKey] });
    const list = await admin.witnesses();
    expect([list.witnesses[0], list.witnessed[0]]).toMatchObject([
      { id: 'w1', url: 'https://witness.example', state: 'new', size: 0 },
      { origin: 'log.example/x', size: 0, cosignedAt: null },
    ]);
    await admin.removeWitness({ id: 'w1' });
    await admin.removeLog({ origin: 'log.example/x' });
    await expect(admin.removeWitness({ id: 'w1' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(createCaller(bed.as(person('operator'))).audits.addWitness(added)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
