import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Anchor, AnchorFile } from '#kernel/ledger/anchor.ts';
import { createCheckpointer } from '#kernel/ledger/checkpoint.ts';
import type { EntryBody } from '#kernel/ledger/event.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { leafHash } from '#kernel/ledger/tree.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import type { TestBed } from './database.ts';

/** What a machine signed last, for tests: beside the database, and in memory. */
export function memoryAnchor(): AnchorFile & { kept: Map<string, Anchor> } {
  const kept = new Map<string, Anchor>();
  return {
    kept,
    read: origin => kept.get(origin) ?? null,
    write: anchor => void kept.set(anchor.origin, anchor),
  };
}

export interface TestLedger {
  anchor: ReturnType<typeof memoryAnchor>;
  /** `n` entries of a kind; their uids. */
  append(n: number, type?: `${string}.${string}`): Promise<string[]>;
  /** Thousands in one statement. */
  bulk(n: number): Promise<void>;
  sequence(): Promise<void>;
  /** What the checkpoint loop says: 1 signed, 0 nothing to do, null refused. */
  sign(): Promise<number | null>;
  /** Appends, sequences, signs. */
  grow(n: number): Promise<string[]>;
  /** As a superuser who lifts every trigger. */
  tamper(sql: string, values?: unknown[]): Promise<void>;
}

export function testLedger(bed: TestBed, anchor = memoryAnchor()): TestLedger {
  const sequencer = createSequencer(
    bed.database.pool('atom_owner'),
    () => bed.clock.now(),
    () => {},
  );
  let checkpointer = createCheckpointer({ ...bed, anchor });
  const append: TestLedger['append'] = async (n, type = 'test.happened') => {
    const uids: string[] = [];
    for (let i = 0; i < n; i++) {
      await bed.system.commit({ type, detail: { i } }, async () => {});
      uids.push(bed.system.entry()?.uid ?? '');
    }
    return uids;
  };
  const bulk = (n: number) => insertEntries(bed.database.pool('atom_owner'), n, bed.clock.now());
  const sequence = async () => {
    while (((await sequencer.step()) ?? 0) > 0);
  };
  return {
    anchor,
    append,
    bulk,
    sequence,
    sign: () => checkpointer.step(),
    grow: async n => {
      const uids = await append(n);
      await sequence();
      await checkpointer.step();
      // The first signature ever makes keys, which are entries too.
      await sequence();
      await checkpointer.step();
      return uids;
    },
    tamper: async (sql, values = []) => {
      const client = new pg.Client({ connectionString: bed.adminUrl });
      await client.connect();
      try {
        await client.query("set search_path = atom; set session_replication_role = 'replica'");
        await client.query(sql, values);
      } finally {
        await client.end();
      }
      checkpointer = createCheckpointer({ ...bed, anchor }); // as after a restart
    },
  };
}

/** Entries as the append function writes them, without a transaction for each. */
export async function insertEntries(pool: pg.Pool, n: number, at: Date): Promise<void> {
  const bodies = Array.from(
    { length: n },
    (_, i): EntryBody => ({
      v: 1,
      uid: randomUUID(),
      at: at.toISOString(),
      type: 'test.bulk',
      actor: { kind: 'system', id: 'bulk' },
      detail: { i },
    }),
  );
  const bytes = bodies.map(body => canonicalBytes(body));
  await pool.query(
    `insert into ledger_entry (uid, body, leaf, type, actor, at)
     select *, 'test.bulk', 'system:bulk', $4::timestamptz from unnest($1::uuid[], $2::bytea[], $3::bytea[])`,
    [bodies.map(b => b.uid), bytes, bytes.map(leafHash), at],
  );
}
