import type { Anchor } from '#kernel/ledger/anchor.ts';
import { createCheckpointer } from '#kernel/ledger/checkpoint.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import type { TestBed } from './database.ts';

/** What the worker's loops do: every entry gets its position, and the tree is signed. */
export async function sealLedger(bed: TestBed): Promise<void> {
  let last: Anchor | null = null;
  const anchor = {
    read: () => last,
    write: (next: Anchor) => {
      last = next;
    },
  };
  const checkpointer = createCheckpointer({ ...bed, anchor });
  const sequencer = createSequencer(
    bed.database.pool('atom_owner'),
    () => bed.clock.now(),
    () => {},
  );
  const sequence = async () => {
    while ((await sequencer.step()) !== 0);
  };
  await sequence();
  await checkpointer.step(); // the first one makes keys, which is an entry too
  await sequence();
  await checkpointer.step();
}
