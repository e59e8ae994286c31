import { writeCheckpoint } from '#kernel/ledger/checkpoint.ts';
import { createSequencer, type SequencedBatch } from '#kernel/ledger/sequencer.ts';
import type { TestBed } from './database.ts';

/** What the worker's loops do: every entry gets its position, and the tree is signed. */
export async function sealLedger(bed: TestBed): Promise<void> {
  const owner = bed.database.pool('atom_owner');
  let latest: SequencedBatch | null = null;
  const sequencer = createSequencer(
    owner,
    () => bed.clock.now(),
    batch => {
      latest = batch;
    },
  );
  while ((await sequencer.step()) !== 0);
  if (latest) await writeCheckpoint(owner, latest, bed.clock.now());
}
