import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { createSequencer, type SequencedBatch } from './sequencer.ts';
import { appendLeaves, emptyFrontier, leafHash, rootOf } from './tree.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const commitOne = (i: number) => bed.system.commit({ type: 'test.happened', detail: { i } }, async () => {});

async function drain(batches: SequencedBatch[]) {
  const sequencer = createSequencer(
    bed.database.pool('atom_owner'),
    () => bed.clock.now(),
    batch => batches.push(batch),
  );
  while (((await sequencer.step()) ?? 0) > 0);
  await sequencer.step();
}

async function expectWholeTree() {
  const rows = await bed.rows<{ idx: number; leaf: Buffer; body: Buffer }>(
    'select l.idx, l.leaf, e.body from ledger_leaf l join ledger_entry e on e.id = l.entry_id order by l.idx',
  );
  const [{ n } = { n: -1 }] = await bed.rows<{ n: number }>('select count(*)::int as n from ledger_entry');
  expect(rows.length).toBe(n);
  rows.forEach((row, i) => {
    expect(Number(row.idx)).toBe(i);
    expect(leafHash(row.body).equals(row.leaf)).toBe(true);
  });
  const [head] = await bed.rows<{ size: number; frontier: Buffer }>('select size, frontier from ledger_head');
  const rebuilt = appendLeaves(
    emptyFrontier,
    rows.map(r => r.leaf),
  );
  expect(Number(head?.size)).toBe(rows.length);
  return rootOf(rebuilt);
}

describe('sequencer', () => {
  it('gives every committed entry one contiguous position, with concurrent committers, rivals and rollbacks', async () => {
    const batches: SequencedBatch[] = [];
    const rivals = [1, 2].map(() =>
      createSequencer(
        bed.database.pool('atom_owner'),
        () => bed.clock.now(),
        b => batches.push(b),
      ),
    );
    let running = true;
    const loops = rivals.map(async rival => {
      while (running) await rival.step();
    });
    const commits = Array.from({ length: 200 }, (_, i) =>
      i % 10 === 0
        ? bed.system
            .commit({ type: 'test.happened' }, async () => Promise.reject(new Error('rolled back')))
            .catch(() => {})
        : commitOne(i),
    );
    await Promise.all(commits);
    running = false;
    await Promise.all(loops);
    await drain(batches);
    const root = await expectWholeTree();
    expect(Buffer.from(batches.at(-1)?.root ?? []).equals(root)).toBe(true);
  });

  it('takes an entry that commits late, after later ids were sequenced', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    const client = await bed.database.pool('atom_owner').connect();
    await client.query('begin');
    await client.query(
      `select finish_commit(gen_random_uuid(), 'late'::bytea, $1, 'test.late', 'test', null, null, null, now(), '[]', null, null)`,
      [leafHash(Buffer.from('late'))],
    );
    const late = held.then(async () => {
      await client.query('commit');
      client.release();
    });
    await commitOne(1);
    const batches: SequencedBatch[] = [];
    for (let i = 0; i < 5; i++) await drain(batches);
    const missing = await bed.rows(
      "select 1 from ledger_leaf l join ledger_entry e on e.id = l.entry_id where e.type = 'test.late'",
    );
    expect(missing).toEqual([]);
    release();
    await late;
    await drain(batches);
    const found = await bed.rows(
      "select 1 from ledger_leaf l join ledger_entry e on e.id = l.entry_id where e.type = 'test.late'",
    );
    expect(found).toHaveLength(1);
    await expectWholeTree();
  });

  it('takes an entry of a writer that was alone under way while everything else stood still', async () => {
    await commitOne(0);
    await drain([]);
    const sequencer = createSequencer(
      bed.database.pool('atom_owner'),
      () => bed.clock.now(),
      () => {},
    );
    const client = await bed.database.pool('atom_owner').connect();
    await client.query('begin');
    await client.query(
      `select finish_commit(gen_random_uuid(), 'alone'::bytea, $1, 'test.alone', 'test', null, null, null, now(), '[]', null, null)`,
      [leafHash(Buffer.from('alone'))],
    );
    for (let i = 0; i < 5; i++) await sequencer.step();
    await client.query('commit');
    client.release();
    expect(await sequencer.step()).toBe(1);
  });

  it('advances the low mark once nothing below it can appear', async () => {
    await commitOne(2);
    for (let i = 0; i < 4; i++) await drain([]);
    const sequencer = createSequencer(
      bed.database.pool('atom_owner'),
      () => bed.clock.now(),
      () => {},
    );
    // Transaction ids are the whole server's: it may take until somebody else's transaction has ended.
    await vi.waitFor(
      async () => {
        await sequencer.step();
        const [row] = await bed.rows<{ low: number; top: number }>(
          'select low, (select max(id) from ledger_entry) as top from ledger_head',
        );
        expect(Number(row?.low)).toBeGreaterThanOrEqual(Number(row?.top));
      },
      { timeout: 100_000, interval: 50 },
    );
  });
});

describe('append-only', () => {
  beforeAll(async () => {
    await commitOne(0);
    await drain([]);
    await bed.rows(`insert into ledger_node values (8, 0, '\\x00')`);
    await bed.rows(
      `insert into ledger_checkpoint (generation, size, root, note, at) values (1, 1, '', '', now())`,
    );
    await bed.rows(`insert into ledger_origin values (1, 'x', 0, 'x', now())`);
    await bed.rows(`insert into ledger_key values ('x', 'x', 'x', now())`);
    await bed.rows(`insert into ledger_cosignature values (1, 1, 'x', 'x', now())`);
  });
  it.each([
    'update ledger_entry set type = $$x$$',
    'delete from ledger_entry',
    'truncate ledger_entry cascade',
    'delete from ledger_leaf',
    'delete from ledger_checkpoint',
    'truncate ledger_checkpoint',
    'update ledger_node set hash = $$x$$',
    'delete from ledger_node',
    'truncate ledger_node',
    'update ledger_origin set origin = $$x$$',
    'delete from ledger_key',
    'delete from ledger_cosignature',
    'delete from ledger_head',
    'update ledger_head set size = size - 1',
  ])('refuses even the owner: %s', async sql => {
    await expect(bed.rows(sql)).rejects.toThrow(/append-only/);
  });
  const tables = ['entry', 'leaf', 'node', 'checkpoint', 'head', 'key', 'cosignature'];
  it.each(tables)('gives the application roles no write to ledger_%s', async table => {
    const writes = ['delete from $', 'update $ set size = 1', 'insert into $ default values', 'truncate $'];
    for (const role of ['atom_app', 'atom_tenant', 'atom_auditor'] as const)
      for (const sql of writes) {
        const column = { entry: 'type', leaf: 'leaf', node: 'hash', key: 'origin', cosignature: 'lines' }[
          table
        ];
        const statement = sql
          .replace('$', `ledger_${table}`)
          .replace('size = 1', `${column ?? 'size'} = null`);
        await expect(bed.database.pool(role).query(statement), `${role}: ${statement}`).rejects.toThrow(
          /permission denied/,
        );
      }
  });
});
