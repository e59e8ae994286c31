import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { type TestLedger, testLedger } from '#scripts/testing/ledger.ts';
import { hashesOf } from '../nodes.ts';
import { ledgerVerifiers } from '../origin.ts';
import { receiptOf, signedHead } from '../proofs.ts';
import { parseReceipt, verifyReceipt, writeReceipt } from '../receipt.ts';
import { parseTile } from '../tlog.ts';
import { appendLeaves, emptyFrontier, leafHash, rootOf, serialiseFrontier } from '../tree.ts';
import { type VerifyOptions, verifyLedger } from './run.ts';

let bed: TestBed;
let ledger: TestLedger;
const pool = () => bed.database.pool('atom_owner');
const verify = (options: VerifyOptions = {}) => verifyLedger(pool(), { anchor: ledger.anchor, ...options });
const noAnchor = { read: () => null, write: () => {} };

/** 700 entries under two checkpoints: two full tiles and a partial one. */
beforeEach(async () => {
  bed = await testBed();
  ledger = testLedger(bed);
  await ledger.bulk(400);
  await ledger.grow(1);
  await ledger.bulk(297);
  await ledger.grow(2);
});
afterEach(() => bed.close());

/** Makes everything that follows from the entries from `from` on fit them again, as a thorough forger would. */
async function recompute(from: number) {
  const rows = await bed.rows<{ idx: number; body: Buffer }>(
    'select l.idx, e.body from ledger_leaf l join ledger_entry e on e.id = l.entry_id order by l.idx',
  );
  const leaves = rows.map(row => leafHash(row.body));
  const nodes: [number, number, Buffer][] = [];
  const frontier = appendLeaves(emptyFrontier, leaves, (level, index, hash) => {
    if (level % 8 === 0) nodes.push([level, index, hash]);
  });
  await ledger.tamper(
    `update ledger_leaf l set leaf = sha256('\\x00'::bytea || e.body) from ledger_entry e where e.id = l.entry_id and l.idx >= $1`,
    [from],
  );
  await ledger.tamper('update ledger_entry e set leaf = l.leaf from ledger_leaf l where l.entry_id = e.id');
  for (const [level, index, hash] of nodes)
    await ledger.tamper('update ledger_node set hash = $3 where level = $1 and idx = $2', [
      level,
      index,
      hash,
    ]);
  await ledger.tamper('delete from ledger_node where (idx + 1) * 2 ^ level > $1', [rows.length]);
  await ledger.tamper('update ledger_head set size = $1, frontier = $2', [
    rows.length,
    serialiseFrontier(frontier),
  ]);
  return rootOf(frontier);
}

const change = (index: number) =>
  ledger.tamper(
    `update ledger_entry set body = convert_to(replace(convert_from(body, 'UTF8'), '"detail":{"i"', '"detail":{"j"'), 'UTF8')
     where id = (select entry_id from ledger_leaf where idx = $1)`,
    [index],
  );

describe('a sound ledger', () => {
  it('verifies whole, by range, and while entries are appended', async () => {
    const outcome = await verify();
    expect(outcome).toMatchObject({ ok: true });
    expect(outcome.ok && outcome.entries).toBeGreaterThanOrEqual(700);
    expect(await verify({ range: { from: 0, to: 699 } })).toMatchObject({ ok: true, entries: 700 });
    await ledger.append(2);
    expect(await verify()).toMatchObject({ ok: true, said: expect.stringContaining('2 more wait') });
  });

  it('does not verify a range beyond the signed tree', async () => {
    expect(await verify({ range: { from: 5, to: 5000 } })).toMatchObject({ ok: false });
  });
});

describe('finds, naming the first bad entry,', () => {
  it('old rows that a superuser changed', async () => {
    await change(311);
    await change(42);
    const [row] = await bed.rows<{ uid: string }>(
      'select uid from ledger_entry where id = (select entry_id from ledger_leaf where idx = 42)',
    );
    expect(await verify()).toMatchObject({
      ok: false,
      index: 42,
      uid: row?.uid,
      said: expect.stringContaining('Entry 42 ('),
    });
    expect(await verify({ range: { from: 300, to: 320 } })).toMatchObject({ ok: false, index: 311 });
    expect(await verify({ range: { from: 43, to: 310 } })).toMatchObject({ ok: true });
  });

  it.each([
    ['type', "'user.signed_in'"],
    ['actor', "'user:somebody'"],
    ['tenant_id', "'acme'"],
    ['target', "'tenant:acme'"],
    ['reference', "'x'"],
    ['at', "at + interval '1 day'"],
    ['uid', 'gen_random_uuid()'],
  ])('a column that lists show: %s', async (column, value) => {
    await ledger.tamper(
      `update ledger_entry set ${column} = ${value} where id = (select entry_id from ledger_leaf where idx = 9)`,
    );
    expect(await verify()).toMatchObject({ ok: false, index: 9, said: expect.stringContaining(column) });
  });

  it('a leaf in the tree', async () => {
    await ledger.tamper(`update ledger_leaf set leaf = sha256('x') where idx = 77`);
    expect(await verify()).toMatchObject({ ok: false, index: 77 });
  });

  it('a node that proofs are made of, changed or gone', async () => {
    await ledger.tamper(`update ledger_node set hash = sha256('x') where level = 8 and idx = 1`);
    expect(await verify()).toMatchObject({
      ok: false,
      index: 256,
      said: 'Node 1 of level 8, over entries 256 to 511, is not the hash of its entries.',
    });
    expect(await verify({ range: { from: 3, to: 3 } })).toMatchObject({ ok: false, index: 3 });
    await ledger.tamper('delete from ledger_node where level = 8 and idx = 1');
    expect(await verify()).toMatchObject({
      ok: false,
      index: 256,
      said: expect.stringContaining('is missing'),
    });
  });

  it('a node too many, and a head that does not fit', async () => {
    await ledger.tamper(`insert into ledger_node values (8, 99, sha256('x'))`);
    expect(await verify()).toMatchObject({ ok: false, said: expect.stringContaining('Level 8 has 3 nodes') });
    await ledger.tamper('delete from ledger_node where idx = 99');
    await ledger.tamper('update ledger_head set frontier = overlay(frontier placing sha256($$x$$) from 1)');
    expect(await verify()).toMatchObject({ ok: false, said: expect.stringContaining('head') });
  });

  it('an entry taken from the middle', async () => {
    await ledger.tamper('delete from ledger_leaf where idx = 100');
    expect(await verify()).toMatchObject({
      ok: false,
      index: 100,
      said: expect.stringContaining('Entry 100 is missing'),
    });
    expect(await verify({ range: { from: 90, to: 110 } })).toMatchObject({ ok: false, index: 100 });
  });

  it('an entry that lost its position', async () => {
    const [row] = await bed.rows<{ n: number }>('select size as n from ledger_head');
    const last = Number(row?.n) - 1;
    await ledger.tamper('update ledger_head set low = 100000');
    await ledger.tamper('delete from ledger_leaf where idx = $1', [last]);
    await ledger.tamper('delete from ledger_checkpoint');
    await recompute(last);
    expect(await verify({ anchor: noAnchor })).toMatchObject({
      ok: false,
      said: expect.stringContaining('no position'),
    });
  });

  it('a deleted tail: by a checkpoint left behind, by what this machine signed, by a receipt', async () => {
    const [last] = await bed.rows<{ uid: string }>('select uid from ledger_entry order by id desc limit 1');
    const receipt = (await receiptOf(pool(), last?.uid ?? '')) ?? '';
    const [row] = await bed.rows<{ id: number }>('select entry_id as id from ledger_leaf where idx = 500');
    await ledger.tamper('delete from ledger_leaf where idx >= 500');
    await ledger.tamper('delete from ledger_entry where id >= $1', [row?.id]);
    await recompute(500);
    expect(await verify({ anchor: noAnchor })).toMatchObject({
      ok: false,
      index: 500,
      said: expect.stringContaining('signed checkpoint of'),
    });
    await ledger.tamper('delete from ledger_checkpoint where size > 500');
    expect(await verify()).toMatchObject({
      ok: false,
      index: 500,
      said: expect.stringContaining('this machine signed last'),
    });
    expect(
      await verify({ anchor: noAnchor, against: { text: receipt, source: 'kept.tlog-proof' } }),
    ).toMatchObject({
      ok: false,
      index: 500,
      said: expect.stringContaining('kept.tlog-proof'),
    });
    expect(await verify({ anchor: noAnchor })).toMatchObject({ ok: true }); // nobody who remembers was asked
  });

  it('a forked history, exactly where another copy of the log can be read', async () => {
    const note = (await signedHead(pool()))?.note ?? '';
    const copies = new Map<string, Buffer>();
    for (const [level, index] of [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
    ] as const)
      copies.set(`${level}/${index}`, await hashesOf(pool(), level, index * 256, 256));
    await change(444);
    await recompute(0);
    expect(await verify({ anchor: noAnchor })).toMatchObject({
      ok: false,
      said: expect.stringMatching(/an entry from 40\d to \d+ was replaced/),
    });
    const outcome = await verify({
      against: {
        text: note,
        source: 'https://mirror.example/tlog',
        fetchTile: async path => {
          const tile = parseTile(`/${path}`);
          const whole = copies.get(`${tile?.level}/${tile?.index}`) ?? expect.fail(path);
          return whole.subarray(0, (tile?.width ?? 0) * 32);
        },
      },
    });
    expect(outcome).toMatchObject({
      ok: false,
      index: 444,
      said: expect.stringContaining('Entry 444 is not the one'),
    });
    await ledger.tamper('delete from ledger_checkpoint');
    expect(await verify({ anchor: noAnchor, against: { text: note, source: 'kept' } })).toMatchObject({
      ok: false,
    });
  });

  it('checkpoints: another root, a signature that does not fit, half of the signatures', async () => {
    await ledger.tamper(`update ledger_checkpoint set root = sha256('x')`);
    expect(await verify()).toMatchObject({
      ok: false,
      said: expect.stringContaining('something else than its row'),
    });
    const rows = await bed.rows<{ note: string; size: number }>(
      'select size, note from ledger_checkpoint order by size',
    );
    const newest = rows.at(-1);
    const root = Buffer.from(newest?.note.split('\n')[2] ?? '', 'base64');
    for (const row of rows)
      await ledger.tamper('update ledger_checkpoint set root = $2 where size = $1', [
        row.size,
        Buffer.from(row.note.split('\n')[2] ?? '', 'base64'),
      ]);
    expect(await verify()).toMatchObject({ ok: true });
    const lines = newest?.note.split('\n') ?? [];
    await ledger.tamper('update ledger_checkpoint set note = $2 where size = $1', [
      newest?.size,
      `${lines.slice(0, 5).join('\n')}\n`,
    ]);
    expect(await verify()).toMatchObject({
      ok: false,
      said: expect.stringContaining('lacks the classical or'),
    });
    const bad = newest?.note
      .replace(/(— \S+ .{20})./, (_m, start) => `${start}A`)
      .replace(/(— \S+ .{21})./, (_m, start) => `${start}B`);
    await ledger.tamper('update ledger_checkpoint set note = $2 where size = $1', [newest?.size, bad]);
    expect(await verify()).toMatchObject({ ok: false, said: expect.stringContaining('does not fit') });
    expect(root).toHaveLength(32);
  });
});

describe('a receipt', () => {
  const make = async () => {
    const [row] = await bed.rows<{ uid: string }>(
      'select uid from ledger_entry where id = (select entry_id from ledger_leaf where idx = 300)',
    );
    return (await receiptOf(pool(), row?.uid ?? '')) ?? '';
  };

  it('verifies with nothing but the keys', async () => {
    const text = await make();
    expect(text.startsWith('c2sp.org/tlog-proof@v1\nextra ')).toBe(true);
    const verdict = verifyReceipt(text, await ledgerVerifiers(pool()));
    expect(verdict).toMatchObject({ ok: true, index: 300, origin: 'localhost:3000/tlog', cosigners: [] });
  });

  it('is refused, with the reason, when anything in it was changed', async () => {
    const text = await make();
    const keys = await ledgerVerifiers(pool());
    const receipt = parseReceipt(text) ?? expect.fail();
    const reason = (altered: string, with_ = keys) => {
      const verdict = verifyReceipt(altered, with_);
      return verdict.ok ? 'ok' : verdict.reason;
    };
    expect(reason(writeReceipt(receipt))).toBe('ok');
    expect(reason(writeReceipt({ ...receipt, body: Buffer.from('{}') }))).toBe('not_included');
    expect(reason(writeReceipt({ ...receipt, index: 301 }))).toBe('not_included');
    expect(reason(writeReceipt({ ...receipt, path: receipt.path.slice(1) }))).toBe('not_included');
    expect(reason(text.replace('tlog-proof@v1', 'tlog-proof@v2'))).toBe('malformed');
    expect(reason(text.replace('index 300', 'index 0300'))).toBe('malformed');
    const size = receipt.checkpoint.split('\n')[1] ?? '';
    expect(reason(text.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`))).toBe('bad_signature');
    expect(reason(text, [])).toBe('unknown_key');
    const classical = keys.filter(k => k.kind === 'ed25519');
    expect(reason(text, classical)).toBe('half_signed');
  });
});
