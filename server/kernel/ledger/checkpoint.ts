import type pg from 'pg';
import { env } from '../env/env.ts';
import { gauge } from '../metrics/metrics.ts';
import { checkpointText, type NoteSigner, noteSigner, signNote, verifierKey } from './note.ts';
import type { SequencedBatch } from './sequencer.ts';

const size = gauge('ledger_size_entries', 'Entries in the tree');
let signer: NoteSigner | undefined;

/** The ledger's name; a verifier pins it together with the key. */
export const ledgerOrigin = (): string => `${new URL(env().publicUrl).host}/atom-ledger`;

export const ledgerSigner = (): NoteSigner =>
  (signer ??= noteSigner(ledgerOrigin(), env().secret('ledger-checkpoint')));
export const ledgerVerifierKey = (): string => verifierKey(ledgerSigner());

/** Signed after the batch's transaction: no signing happens inside one. */
export async function writeCheckpoint(pool: pg.Pool, batch: SequencedBatch, now: Date): Promise<void> {
  const note = signNote(
    checkpointText({ origin: ledgerOrigin(), size: batch.size, root: Buffer.from(batch.root) }),
    [ledgerSigner()],
  );
  await pool.query(
    'insert into ledger_checkpoint (size, root, note, at) values ($1, $2, $3, $4) on conflict do nothing',
    [batch.size, batch.root, note, now],
  );
  size.set(batch.size);
}
