import type pg from 'pg';
import { log } from '../log/log.ts';
import { counter, gauge, histogram } from '../metrics/metrics.ts';
import { collectInto, insertNodes, newNodes, tileWidth } from './nodes.ts';
import { appendLeaves, emptyFrontier, parseFrontier, rootOf, serialiseFrontier } from './tree.ts';

/**
 * The one writer of the tree. Guarded by an advisory lock (a rival that slipped past it would fail on the unique
 * index), it takes visible entries that have no position yet, in order of their id, gives them contiguous positions and
 * moves the head. An entry that commits late gets a later position, so nobody waits for a gap.
 *
 * `low` is the id below which nothing can appear any more. A transaction takes its transaction id before its sequence
 * value (`finish_commit`). So once every transaction that ran when the sequence value was read has ended, a scan that
 * came to its end has seen all ids up to that value.
 */
export interface Sequencer {
  /** One batch; the number of entries that got a position, or null while another process is the sequencer. */
  step(): Promise<number | null>;
}

export interface SequencedBatch {
  size: number;
  root: Uint8Array;
}

const batchSize = 5000;
const lockKey = '418213364001';

const sequenced = counter('ledger_entries_sequenced_total', 'Entries that got a position in the tree');
const oldestPending = gauge(
  'ledger_oldest_unsequenced_seconds',
  'Age of the oldest entry still without a position',
);
const delay = histogram('ledger_sequencing_delay_seconds', 'From the entry’s own time to its position');

/**
 * The sequence value at some moment, and a transaction id that was handed out after it. It has to be one of our own: a
 * snapshot's xmax follows what has *completed*, so a writer that alone is under way lies beyond it and would be missed.
 */
interface Mark {
  value: bigint;
  xid: bigint;
}

/** The cluster, the database and the table: another one after a restore, and for a copy. */
const here = `(select system_identifier from pg_control_system()) || '/' ||
  (select oid from pg_database where datname = current_database()) || '/' || 'ledger_entry'::regclass::oid`;

/** Nodes follow from the leaves, so a ledger from before there were nodes, or without some of them, gets them back. */
export async function fillNodes(client: pg.PoolClient, size: number): Promise<void> {
  const { rows } = await client.query('select count(*)::int as n from ledger_node where level = 8');
  if (rows[0].n >= Math.floor(size / tileWidth)) return;
  const step = tileWidth * 64;
  let frontier = emptyFrontier;
  for (let at = 0; at < size; at += step) {
    const leaves = await client.query(
      'select leaf from ledger_leaf where idx >= $1 and idx < $2 order by idx',
      [at, Math.min(size, at + step)],
    );
    const nodes = newNodes();
    frontier = appendLeaves(
      frontier,
      leaves.rows.map(row => row.leaf),
      collectInto(nodes),
    );
    await insertNodes(client, nodes);
  }
}

export function createSequencer(
  pool: pg.Pool,
  now: () => Date,
  onBatch: (batch: SequencedBatch) => void,
): Sequencer {
  let mark: Mark | null = null;

  const run = async (client: pg.PoolClient): Promise<number | null> => {
    const lock = await client.query('select pg_try_advisory_xact_lock($1::bigint) as got', [lockKey]);
    if (!lock.rows[0].got) return null;
    const head = (await client.query(`select size, frontier, low, home, ${here} as here from ledger_head`))
      .rows[0];
    const moved = head.home !== head.here;
    if (moved) {
      // A restored copy: what was known about transaction ids says nothing here, so every entry is looked at once.
      mark = null;
      head.low = 0;
      await fillNodes(client, Number(head.size));
      await client.query('update ledger_head set home = $1, low = 0', [head.here]);
    }
    // Two statements under READ COMMITTED: the value first, then a snapshot that is certainly later.
    const value = BigInt(
      (
        await client.query(
          'select case when is_called then last_value else last_value - 1 end as v from ledger_entry_id_seq',
        )
      ).rows[0].v,
    );
    const xmin = BigInt(
      (await client.query('select pg_snapshot_xmin(pg_current_snapshot())::text as xmin')).rows[0].xmin,
    );
    const rows = (
      await client.query(
        `select e.id, e.leaf, e.at from ledger_entry e
         where e.id > $1 and not exists (select 1 from ledger_leaf l where l.entry_id = e.id)
         order by e.id limit ${batchSize}`,
        [head.low],
      )
    ).rows as { id: string | number; leaf: Buffer; at: string }[];
    const full = rows.length === batchSize;
    let low = BigInt(head.low);
    if (!full && mark && xmin > mark.xid) {
      if (mark.value > low) low = mark.value;
      mark = null;
    }
    if (!mark && value > low) {
      const { rows: own } = await client.query('select pg_current_xact_id()::text as xid');
      mark = { value, xid: BigInt(own[0].xid) };
    }
    if (rows.length === 0) {
      if (low !== BigInt(head.low)) await client.query('update ledger_head set low = $1', [low]);
      oldestPending.set(0);
      return 0;
    }
    const size = Number(head.size);
    const nodes = newNodes();
    const frontier = appendLeaves(
      parseFrontier(size, head.frontier),
      rows.map(row => row.leaf),
      collectInto(nodes),
    );
    await client.query(
      `insert into ledger_leaf (idx, entry_id, leaf)
       select $1::bigint + ord - 1, id, leaf from unnest($2::bigint[], $3::bytea[]) with ordinality as u(id, leaf, ord)`,
      [size, rows.map(row => row.id), rows.map(row => row.leaf)],
    );
    await insertNodes(client, nodes);
    const advanced = await client.query(
      'update ledger_head set size = $1, frontier = $2, low = $3 where size = $4',
      [frontier.size, serialiseFrontier(frontier), low, size],
    );
    if (advanced.rowCount !== 1) throw new Error('The ledger head moved under the sequencer.');
    const at = now().getTime();
    for (const row of rows) delay.observe(Math.max(0, (at - Date.parse(row.at)) / 1000));
    oldestPending.set(full ? Math.max(0, (at - Date.parse(rows.at(-1)?.at ?? '')) / 1000) : 0);
    pendingBatch = { size: frontier.size, root: rootOf(frontier) };
    return rows.length;
  };

  let pendingBatch: SequencedBatch | null = null;
  return {
    step: async () => {
      const client = await pool.connect();
      pendingBatch = null;
      try {
        await client.query('begin');
        const taken = await run(client);
        await client.query('commit');
        if (taken) sequenced.inc(taken);
        if (pendingBatch) onBatch(pendingBatch);
        return taken;
      } catch (error) {
        mark = null;
        await client.query('rollback').catch(() => {});
        if ((error as { code?: string }).code !== '23505') throw error;
        log().warn({ event: 'ledger.rival_sequencer' });
        return null;
      } finally {
        client.release();
      }
    },
  };
}
