import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllowedHosts } from '#kernel/http/address-ranges.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { memoryAnchor, type TestLedger, testLedger } from '#scripts/testing/ledger.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { findings } from './findings.ts';
import { checkpointText, openNote, signNote } from './note.ts';
import { cosigner, noteSigner, parseVerifierKey } from './note-keys.ts';
import { ledgerKeys, ledgerVerifiers } from './origin.ts';
import { receiptOf, signedHead } from './proofs.ts';
import { verifyReceipt } from './receipt.ts';
import { consistencyProof, leafHash, nodeHash } from './tree.ts';
import { originHash, parseAddCheckpoint, writeAddCheckpoint } from './witness-messages.ts';
import { ownCosigner } from './witness-serve.ts';
import { compareWithWitnesses, submitToWitnesses } from './witness-submit.ts';

let other: TestBed; // the console that witnesses
let port: FastifyInstance;
let url: string;
beforeAll(async () => {
  other = await testBed();
  port = portServer(systems.find(s => s.key === 'audits') ?? expect.fail(), other);
  await port.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(port.server.address() as AddressInfo).port}/tlog/witness`;
});
afterAll(async () => {
  await port.close();
  await other.close();
});
const post = async (body: string) => {
  const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};
const know = (origin: string, vkeys: string[]) =>
  other.rows(
    'insert into witnessed_log (origin, origin_hash, vkeys, created_at) values ($1, $2, $3, now())',
    [origin, originHash(origin), vkeys],
  );

describe('as a witness of others', () => {
  const origin = 'log.example/a';
  const signer = noteSigner(origin, Buffer.alloc(32, 1));
  const leaves = ['a', 'b', 'c', 'd'].map(text => leafHash(Buffer.from(text)));
  const [a, b, c, d] = leaves as [Buffer, Buffer, Buffer, Buffer];
  const roots = [a, nodeHash(a, b), nodeHash(nodeHash(a, b), c), nodeHash(nodeHash(a, b), nodeHash(c, d))];
  const nodeAt = (level: number, index: number) =>
    level === 0
      ? (leaves[index] ?? expect.fail())
      : level === 1
        ? index
          ? nodeHash(c, d)
          : nodeHash(a, b)
        : (roots[3] ?? expect.fail());
  const checkpoint = (size: number, root = roots[size - 1] ?? Buffer.alloc(32), by = signer) =>
    signNote(checkpointText({ origin, size, root }), [by]);
  const message = async (old: number, size: number) =>
    writeAddCheckpoint({
      oldSize: old,
      proof: consistencyProof(old, size, nodeAt),
      checkpoint: await checkpoint(size),
    });

  beforeAll(() => know(origin, [signer.vkey]));

  it('cosigns what extends what it saw, and tells the size it knows otherwise', async () => {
    expect((await fetch(`${url}/${originHash(origin)}/checkpoint`)).status).toBe(404);
    const first = await post(await message(0, 2));
    expect([first.status, first.type]).toEqual([200, 'text/plain; charset=utf-8']);
    const note = (await checkpoint(2)) + first.text;
    const key = (await (await fetch(`${url}/key`)).text()).trim();
    expect(key).toBe(ownCosigner(other.clock).vkey);
    expect(openNote(note, [parseVerifierKey(key)])).toMatchObject({
      ok: true,
      note: { by: [{ kind: 'cosignature' }] },
    });
    expect(await post(await message(0, 3))).toEqual({ status: 409, type: 'text/x.tlog.size', text: '2\n' });
    expect((await post(await message(2, 4))).status).toBe(200);
    const shown = await (await fetch(`${url}/${originHash(origin)}/checkpoint`)).text();
    expect(openNote(shown, [parseVerifierKey(key), parseVerifierKey(signer.vkey)])).toMatchObject({
      ok: true,
      note: { by: [{ kind: 'ed25519' }, { kind: 'cosignature' }] },
    });
  });

  it.each<[string, () => Promise<string>, number]>([
    ['no message', async () => 'hello', 400],
    ['leading zeroes', async () => (await message(4, 4)).replace('old 4', 'old 04'), 400],
    [
      'a proof line that is no hash',
      async () => (await message(4, 4)).replace('old 4\n', 'old 4\nAAAA\n'),
      400,
    ],
    [
      'sixty-four proof lines',
      async () =>
        (await message(4, 4)).replace('old 4\n', `old 4\n${`${a.toString('base64')}\n`.repeat(64)}`),
      400,
    ],
    [
      'an old size above the new one',
      async () => writeAddCheckpoint({ oldSize: 4, proof: [], checkpoint: await checkpoint(3) }),
      400,
    ],
    ['an unknown log', async () => (await message(4, 4)).replaceAll(origin, 'log.example/b'), 404],
    [
      'a stranger’s signature',
      async () =>
        writeAddCheckpoint({
          oldSize: 4,
          proof: [],
          checkpoint: await checkpoint(4, undefined, noteSigner(origin, Buffer.alloc(32, 2))),
        }),
      403,
    ],
    ['a signature that does not fit', async () => (await message(4, 4)).replace('\n4\n', '\n5\n'), 403],
    [
      'a proof that leads elsewhere',
      async () => writeAddCheckpoint({ oldSize: 4, proof: [a], checkpoint: await checkpoint(6, a) }),
      422,
    ],
    [
      'a proof where none belongs',
      async () => writeAddCheckpoint({ oldSize: 4, proof: [a], checkpoint: await checkpoint(4) }),
      422,
    ],
  ])('refuses %s', async (_what, make, status) => {
    expect((await post(await make())).status).toBe(status);
  });

  it('keeps both notes as a finding when a log shows two trees of one size', async () => {
    const forked = await checkpoint(4, Buffer.alloc(32, 7));
    expect((await post(writeAddCheckpoint({ oldSize: 4, proof: [], checkpoint: forked }))).status).toBe(422);
    const found = await findings(other.database.pool('atom_owner'));
    expect(found[0]).toMatchObject({ kind: 'foreign_split_view', subject: origin, halts: false });
    expect(found[0]?.evidence[1]).toBe(forked);
  });

  it('cosigns one of two rival submissions', async () => {
    const rival = 'log.example/rival';
    const key = noteSigner(rival, Buffer.alloc(32, 3));
    await know(rival, [key.vkey]);
    const of = async (size: number) =>
      writeAddCheckpoint({
        oldSize: 0,
        proof: [],
        checkpoint: await signNote(checkpointText({ origin: rival, size, root: roots[size - 1] ?? a }), [
          key,
        ]),
      });
    const answers = await Promise.all([post(await of(2)), post(await of(3)), post(await of(4))]);
    expect(answers.map(r => r.status).sort()).toEqual([200, 409, 409]);
  });

  it('does not take other methods', async () => {
    expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405);
    expect(parseAddCheckpoint('old 1\n\n')).toMatchObject({ oldSize: 1, proof: [], checkpoint: '' });
  });
});

describe('witnessed by another console', () => {
  let bed: TestBed;
  let ledger: TestLedger;
  const pool = () => bed.database.pool('atom_owner');
  const deps = () => ({ ...bed, fetch: { allowed: parseAllowedHosts('127.0.0.1') } });
  const witness = async () => {
    const [row] = await bed.rows<{ state: string; error: string; size: number }>(
      'select state, error, size from ledger_witness',
    );
    return row;
  };
  const configure = (vkey = ownCosigner(other.clock).vkey) =>
    bed.rows(`insert into ledger_witness (id, url, vkeys, created_at) values ('other', $1, $2, now())`, [
      url,
      [vkey],
    ]);

  beforeEach(async () => {
    bed = await testBed();
    ledger = testLedger(bed);
    await ledger.grow(3);
    await other.rows('delete from witnessed_log');
    await know(
      'localhost:3000/tlog',
      (await ledgerKeys(pool())).map(k => k.vkey),
    );
  });
  afterEach(() => bed.close());

  it('its cosignatures come with checkpoints and receipts, and verify offline', async () => {
    await configure();
    await submitToWitnesses(deps());
    expect(await witness()).toMatchObject({ state: 'cosigning', error: null });
    const uids = await ledger.grow(2);
    await submitToWitnesses(deps());
    const head = await signedHead(pool(), { cosignedBy: 1 });
    expect(head?.note.match(/^— /gm)).toHaveLength(3);
    expect(Number((await witness())?.size)).toBe(head?.size);
    const receipt = (await receiptOf(pool(), uids[0] ?? '')) ?? '';
    const keys = [...(await ledgerVerifiers(pool())), parseVerifierKey(ownCosigner(other.clock).vkey)];
    expect(verifyReceipt(receipt, keys)).toMatchObject({ ok: true, cosigners: ['localhost:3000/witness'] });
  });

  it('a witness whose key is another one, or that is not there, is shown as failing', async () => {
    await configure(cosigner('localhost:3000/witness', Buffer.alloc(32, 9), () => new Date()).vkey);
    await submitToWitnesses(deps());
    expect(await witness()).toMatchObject({
      state: 'failing',
      error: expect.stringContaining('configured key'),
    });
    await bed.rows(`update ledger_witness set url = 'http://127.0.0.1:9/none'`);
    await submitToWitnesses(deps());
    expect(await witness()).toMatchObject({
      state: 'failing',
      error: expect.stringContaining('cannot be reached'),
    });
    expect(await findings(pool())).toEqual([]);
  });

  it('finds a lost tail that nothing here remembers, and stops signing', async () => {
    await configure();
    await ledger.grow(2);
    await submitToWitnesses(deps());
    const [at] = await bed.rows<{ idx: number; id: number }>(
      'select idx, entry_id as id from ledger_leaf order by idx desc limit 1',
    );
    const frontier = await bed.rows<{ leaf: Buffer }>('select leaf from ledger_leaf order by idx');
    const { appendLeaves, emptyFrontier, serialiseFrontier } = await import('./tree.ts');
    await ledger.tamper('delete from ledger_leaf where idx = $1', [at?.idx]);
    await ledger.tamper('delete from ledger_entry where id >= $1', [at?.id]);
    await ledger.tamper('delete from ledger_checkpoint where size > $1', [at?.idx]);
    await ledger.tamper('update ledger_head set size = $1, frontier = $2', [
      at?.idx,
      serialiseFrontier(
        appendLeaves(
          emptyFrontier,
          frontier.slice(0, -1).map(r => r.leaf),
        ),
      ),
    ]);
    ledger.anchor.kept.clear();
    await compareWithWitnesses(deps());
    expect((await findings(pool()))[0]).toMatchObject({ kind: 'lost_tail', halts: true });
    expect(await ledger.sign()).toBeNull();
  });

  it('finds a split view: another console signed under the same name', async () => {
    const twin = await testBed();
    try {
      // The same master secret signs in both, as after a copied installation; the entries differ.
      const rows = await bed.rows('select * from signing_key');
      expect(rows.length).toBeGreaterThan(0);
      const twinLedger = testLedger(twin, memoryAnchor());
      await twinLedger.grow(3);
      const twinKeys = (await ledgerKeys(twin.database.pool('atom_owner'))).map(k => k.vkey);
      await other.rows('update witnessed_log set vkeys = $1', [twinKeys]);
      await twin.rows(
        `insert into ledger_witness (id, url, vkeys, created_at) values ('other', $1, $2, now())`,
        [url, [ownCosigner(other.clock).vkey]],
      );
      await submitToWitnesses({ ...twin, fetch: { allowed: parseAllowedHosts('127.0.0.1') } });
      await configure();
      await ledger.grow(4);
      await submitToWitnesses(deps());
      expect((await findings(pool()))[0]).toMatchObject({ kind: 'split_view', halts: true });
      await ledger.append(1);
      await ledger.sequence();
      expect(await ledger.sign()).toBeNull();
    } finally {
      await twin.close();
    }
  });

  it('a witness cannot stop this ledger with a checkpoint that it did not sign', async () => {
    await configure();
    const stranger = noteSigner('localhost:3000/tlog', Buffer.alloc(32, 8));
    const note = await signNote(
      checkpointText({ origin: 'localhost:3000/tlog', size: 999, root: Buffer.alloc(32, 1) }),
      [stranger],
    );
    await other.rows('update witnessed_log set note = $1, size = 999', [note]);
    await submitToWitnesses(deps());
    expect(await witness()).toMatchObject({
      state: 'failing',
      error: expect.stringContaining('did not sign'),
    });
    expect(await findings(pool())).toEqual([]);
  });
});
