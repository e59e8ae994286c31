import { systemClock } from '#kernel/clock/clock.ts';
import { openDatabase } from '#kernel/db/database.ts';
import { anchorFile } from '#kernel/ledger/anchor.ts';
import { createCheckpointer } from '#kernel/ledger/checkpoint.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';

/** Sequences and signs until somebody kills it. */
const database = openDatabase(process.argv[2] ?? '');
const sequencer = createSequencer(
  database.pool('atom_owner'),
  () => systemClock.now(),
  () => {},
);
const checkpointer = createCheckpointer({
  database,
  clock: systemClock,
  anchor: anchorFile(process.argv[3]),
});
process.stdout.write('ready\n');
for (;;) {
  const taken = await sequencer.step();
  await checkpointer.step();
  if (!taken) await new Promise(resolve => setTimeout(resolve, 5));
}
