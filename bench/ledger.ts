import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { createCheckpointer } from '#kernel/ledger/checkpoint.ts';
import { withNodes } from '#kernel/ledger/nodes.ts';
import { proofOf, signedHead } from '#kernel/ledger/proofs.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { inclusionProof, leafHash, nodeHash, verifyInclusion } from '#kernel/ledger/tree.ts';
import { verifyLedger } from '#kernel/ledger/verify/run.ts';
import { insertEntries, memoryAnchor } from '#scripts/testing/ledger.ts';
import { beside, median, millis, quantile, type Row } from './measure.ts';

const entries = Number(process.env.ATOM_BENCH_ENTRIES ?? 1_000_000);
const batch = 5_000;
const nan = Number.NaN;

/** Everything about the ledger at a million entries, which go in through the real sequencer. */
export async function ledger(database: Database, rows: Row[]): Promise<void> {
  const owner = database.pool('atom_owner');
  const sequencer = createSequencer(
    owner,
    () => systemClock.now(),
    () => {},
  );
  const anchor = memoryAnchor();
  const signer = createCheckpointer({ database, clock: systemClock, anchor });
  const state = (name: string, ours: number, unit: string, aim: string, limit = nan) =>
    rows.push({ name, ours, limit, unit, ratio: unit === 'µs' ? ours / limit : nan, aim });

  await owner.query(
    'create table bare_entry (id bigserial primary key, uid uuid unique, body bytea, leaf bytea, type text, actor text, at timestamptz)',
  );
  rows.push(await single(owner));
  const drain = async () => {
    while (((await sequencer.step()) ?? 0) > 0);
  };
  await drain();
  rows.push(
    await beside(
      `append of ${batch} entries with sequencing, beside the same rows inserted bare`,
      'throughput >= 0.85 (ratio <= 1.18)',
      1,
      async () => {
        await insertEntries(owner, batch, new Date());
        await drain();
      },
      () => insertBare(owner),
    ),
  );
  const size = async () => Number((await owner.query('select size from ledger_head')).rows[0].size);
  const started = performance.now();
  let sequencing = 0;
  const measured = Math.min(entries, 100_000);
  for (let done = 0; done < measured; done += batch) {
    await insertEntries(owner, batch, new Date());
    sequencing += await millis(1, drain);
  }
  state(
    'entries appended and sequenced, batched',
    (measured / (performance.now() - started)) * 1000,
    '/s',
    '>= 50,000',
  );
  state('entries sequenced alone', (measured / sequencing) * 1000, '/s', 'stated');
  // The rest is written by Postgres itself, and goes into the tree through the sequencer like the others.
  for (let at = await size(); at < entries; at = await size()) {
    await owner.query(
      `insert into ledger_entry (uid, body, leaf, type, actor, at)
       select uid, body, sha256('\\x00'::bytea || body), 'test.bulk', 'system:bulk', now()
       from (select uid, convert_to('{"i":"' || uid || '"}', 'UTF8') as body
         from (select gen_random_uuid() as uid from generate_series(1, $1)) u) b`,
      [Math.min(50_000, entries - at)],
    );
    await drain();
  }
  await owner.query('vacuum analyze ledger_leaf, ledger_entry, ledger_node');
  await signer.step();
  const latency: number[] = [];
  for (let i = 0; i < 60; i++) {
    await insertEntries(owner, 1, new Date());
    await drain();
    latency.push(await millis(1, signer.step));
  }
  await drain();
  await signer.step();
  state(
    'checkpoint: checked, signed by both algorithms, stored; p50 beside p99',
    median(latency),
    'ms',
    '<= 1 s',
    quantile(latency, 0.99),
  );
  await proofs(owner, state);
  const rssBefore = process.memoryUsage.rss();
  let peak = 0;
  const verifying = performance.now();
  const outcome = await verifyLedger(owner, {
    anchor,
    onProgress: () => {
      peak = Math.max(peak, process.memoryUsage.rss() - rssBefore);
    },
  });
  if (!outcome.ok) throw new Error(outcome.said);
  state(
    'verify of the whole ledger',
    (outcome.entries / (performance.now() - verifying)) * 1000,
    '/s',
    'stated',
  );
  state('memory that it added at most', peak / 2 ** 20, 'MiB', 'bounded');
}

type State = (name: string, ours: number, unit: string, aim: string, limit?: number) => void;

async function proofs(owner: pg.Pool, state: State): Promise<void> {
  const head = await signedHead(owner);
  if (!head) throw new Error('Nothing was signed.');
  const picks = await owner.query(
    'select e.uid, l.idx, l.leaf from ledger_leaf l join ledger_entry e on e.id = l.entry_id where l.idx = any ($1)',
    [Array.from({ length: 300 }, (_, i) => Math.floor((i * head.size) / 300))],
  );
  const made: number[] = [];
  const whole: number[] = [];
  for (const { uid, idx } of picks.rows) {
    made.push(
      await millis(1, () => withNodes(owner, nodeAt => inclusionProof(Number(idx), head.size, nodeAt))),
    );
    whole.push(await millis(1, () => proofOf(owner, uid)));
  }
  state(
    `inclusion proof at ${head.size} entries: path, p50 beside p99`,
    median(made),
    'ms',
    'stated',
    quantile(made, 0.99),
  );
  state(
    'the same with entry, checkpoint and keys, verified before it leaves, p50 beside p99',
    median(whole),
    'ms',
    'stated',
    quantile(whole, 0.99),
  );
  const { idx, leaf } = picks.rows[17];
  const path = await withNodes(owner, nodeAt => inclusionProof(Number(idx), head.size, nodeAt));
  const ours = await millis(5000, async () => verifyInclusion(Number(idx), head.size, leaf, path, head.root));
  const hashes = await millis(5000, async () => {
    let node: Uint8Array = leaf;
    for (const step of path) node = nodeHash(node, step);
  });
  state(
    `inclusion proof verified (${path.length} levels), beside as many hashes`,
    ours * 1000,
    'µs',
    '<= 1.2',
    hashes * 1000,
  );
}

const body = () =>
  Buffer.from(JSON.stringify({ v: 1, uid: randomUUID(), type: 'bench.one', detail: { i: 1 } }));

function single(owner: pg.Pool): Promise<Row> {
  const within = async (work: (client: pg.PoolClient) => Promise<unknown>) => {
    const client = await owner.connect();
    await client.query('begin');
    await work(client);
    await client.query('commit');
    client.release();
  };
  return beside(
    'append of one entry in a transaction, beside the same insert bare',
    '<= 1.3',
    150,
    () =>
      within(client => {
        const bytes = body();
        return client.query({
          name: 'bench-finish',
          text: `select finish_commit($1, $2, $3, 'bench.one', 'system:bench', null, null, null, now(), '[]', null, null)`,
          values: [randomUUID(), bytes, leafHash(bytes)],
        });
      }),
    () =>
      within(client =>
        client.query({
          name: 'bench-bare',
          text: `insert into bare_entry (uid, body, leaf, type, actor, at) values ($1, $2, $3, 'bench.one', 'system:bench', now())`,
          values: [randomUUID(), body(), Buffer.alloc(32)],
        }),
      ),
  );
}

async function insertBare(owner: pg.Pool): Promise<void> {
  const bodies = Array.from({ length: batch }, body);
  await owner.query(
    `insert into bare_entry (uid, body, leaf, type, actor, at)
     select *, 'test.bulk', 'system:bulk', now() from unnest($1::uuid[], $2::bytea[], $3::bytea[])`,
    [bodies.map(() => randomUUID()), bodies, bodies.map(() => Buffer.alloc(32))],
  );
}
