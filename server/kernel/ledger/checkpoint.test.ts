import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { memoryAnchor, type TestLedger, testLedger } from '#scripts/testing/ledger.ts';
import { createCheckpointer } from './checkpoint.ts';
import { findings } from './findings.ts';
import { startNewOrigin } from './new-origin.ts';
import { isHybrid, openCheckpoint } from './note.ts';
import { currentOrigin, ledgerVerifiers } from './origin.ts';
import { rootAt, signedHead } from './proofs.ts';

let bed: TestBed;
let ledger: TestLedger;
const pool = () => bed.database.pool('atom_owner');

beforeEach(async () => {
  bed = await testBed();
  ledger = testLedger(bed);
});
afterEach(() => bed.close());

describe('checkpoint', () => {
  it('is signed by both algorithms, names the tree’s root, and its keys are published', async () => {
    await ledger.grow(5);
    const head = await signedHead(pool());
    const opened = openCheckpoint(head?.note ?? '', await ledgerVerifiers(pool()));
    if (!opened.ok) throw new Error(opened.reason);
    expect(isHybrid(opened.note.by)).toBe(true);
    expect(opened.checkpoint.origin).toBe('localhost:3000/tlog');
    expect(opened.checkpoint.root).toEqual(await rootAt(pool(), opened.checkpoint.size));
    const [row] = await bed.rows<{ size: number }>('select size from ledger_head');
    expect(opened.checkpoint.size).toBe(Number(row?.size));
  });

  it('follows the tree, also one that a sequencer left behind when it died before the signature', async () => {
    await ledger.grow(3);
    await ledger.append(2);
    await ledger.sequence();
    const other = createCheckpointer({ ...bed, anchor: ledger.anchor });
    expect(await other.step()).toBe(1);
    expect(await other.step()).toBe(0);
    expect(await ledger.sign()).toBe(0);
  });

  it('keeps its name when the console moves to another address', async () => {
    await ledger.grow(1);
    const { loadEnvForTest } = await import('../env/env.ts');
    const { testSecret } = await import('#scripts/testing/secret.ts');
    loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', PUBLIC_URL: 'https://new.example' });
    try {
      await ledger.grow(1);
      expect((await signedHead(pool()))?.note).toMatch(/^localhost:3000\/tlog\n/);
    } finally {
      loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
    }
  });
});

describe('a signed tail that a restore lost', () => {
  const restoreTo = async (size: number) => {
    for (const table of ['leaf', 'node'])
      await ledger.tamper(`create table if not exists kept_${table} as select * from ledger_${table}`);
    const { rows } = await pool().query('select entry_id from ledger_leaf where idx = $1', [size]);
    await ledger.tamper('delete from ledger_leaf where idx >= $1', [size]);
    await ledger.tamper('delete from ledger_entry where id >= $1', [rows[0].entry_id]);
    await ledger.tamper('delete from ledger_checkpoint where size > $1', [size]);
    await ledger.tamper('delete from ledger_node where (idx + 1) * 2 ^ level > $1', [size]);
    const leaves = await bed.rows<{ leaf: Buffer }>('select leaf from ledger_leaf order by idx');
    const { appendLeaves, emptyFrontier, serialiseFrontier } = await import('./tree.ts');
    const frontier = appendLeaves(
      emptyFrontier,
      leaves.map(l => l.leaf),
    );
    await ledger.tamper('update ledger_head set size = $1, frontier = $2', [
      size,
      serialiseFrontier(frontier),
    ]);
  };

  it('is noticed by the file beside the database: it refuses to sign, and says so once', async () => {
    await ledger.grow(6);
    await ledger.grow(4);
    await restoreTo(5);
    expect(await ledger.sign()).toBeNull();
    expect(await ledger.sign()).toBeNull();
    const found = await findings(pool());
    expect(found.map(f => [f.kind, f.halts, f.resolvedAt])).toEqual([['lost_tail', true, null]]);
    expect(found[0]?.message).toMatch(/entries from \d+ on are gone/);
    expect(found[0]?.evidence[0]).toContain('— localhost:3000/tlog ');
  });

  it('would go unnoticed without that file and without witnesses', async () => {
    await ledger.grow(6);
    await restoreTo(4);
    ledger.anchor.kept.clear();
    expect(await ledger.sign()).toBe(1);
  });

  it('is asked of the witnesses first where the file is missing', async () => {
    await ledger.grow(3);
    await ledger.append(1);
    await ledger.sequence();
    let asked = 0;
    const elsewhere = createCheckpointer({
      ...bed,
      anchor: memoryAnchor(),
      compare: async () => {
        asked += 1;
      },
    });
    expect([await elsewhere.step(), await elsewhere.step(), asked]).toEqual([1, 0, 1]);
  });

  it('ends with a new origin, whose checkpoints go on over the same entries', async () => {
    await ledger.grow(6);
    await restoreTo(5);
    await expect(startNewOrigin(bed.system, 'too early', ledger.anchor)).rejects.toThrow(/Nothing keeps/);
    expect(await ledger.sign()).toBeNull();
    const { origin } = await startNewOrigin(bed.system, 'Restored the backup of Monday', ledger.anchor);
    expect(origin).toBe('localhost:3000/tlog/2');
    await ledger.sequence();
    expect(await ledger.sign()).toBe(1);
    const head = await signedHead(pool());
    expect([head?.generation, head?.note.split('\n')[0]]).toEqual([2, origin]);
    expect((await currentOrigin(pool())).generation).toBe(2);
    expect((await findings(pool()))[0]?.resolution).toContain('Restored the backup of Monday');
    const entries = await bed.rows<{ body: Buffer }>(
      "select body from ledger_entry where type = 'ledger.origin_started'",
    );
    expect(JSON.parse(entries[0]?.body.toString() ?? '{}').detail).toMatchObject({
      before: 'localhost:3000/tlog',
      reason: 'Restored the backup of Monday',
    });
  });

  it('takes a name of its own in an empty database on a machine that signed before', async () => {
    await ledger.grow(2);
    const fresh = await testBed();
    try {
      await testLedger(fresh, ledger.anchor).grow(1);
      expect((await currentOrigin(fresh.database.pool('atom_owner'))).name).toBe('localhost:3000/tlog/2');
    } finally {
      await fresh.close();
    }
  });
});

it('a history that was changed under the signed part is not signed', async () => {
  await ledger.grow(8);
  const [row] = await bed.rows<{ frontier: Buffer }>('select frontier from ledger_head');
  const forged = Buffer.from(row?.frontier ?? '');
  forged[0] = (forged[0] ?? 0) ^ 1;
  await ledger.tamper('update ledger_head set frontier = $1', [forged]);
  await ledger.append(1);
  await ledger.sequence();
  expect(await ledger.sign()).toBeNull();
  expect((await findings(pool()))[0]).toMatchObject({ kind: 'forked', halts: true });
});
