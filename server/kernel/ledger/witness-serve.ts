import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { env } from '../env/env.ts';
import { recordFinding } from './findings.ts';
import { openCheckpoint, parseCheckpoint, parseNote, signatureLines } from './note.ts';
import { cosigner, type NoteSigner, parseVerifierKey } from './note-keys.ts';
import { type TlogAnswer, text } from './tlog-answer.ts';
import { emptyRoot, verifyConsistency } from './tree.ts';
import { parseAddCheckpoint } from './witness-messages.ts';

interface Deps {
  database: Database;
  clock: Clock;
}

/** This console as a witness of other logs: a key of its own, since its signature says something else than a log's. */
export const ownCosigner = (clock: Clock): NoteSigner =>
  cosigner(`${new URL(env().publicUrl).host}/witness`, env().secret('ledger-witness'), () => clock.now());

/**
 * c2sp.org/tlog-witness add-checkpoint. Cosigns what extends the newest checkpoint it cosigned for that log and nothing
 * else; comparing and storing are one transaction under the row's lock, so that two submissions cannot roll it back.
 */
export async function addCheckpoint(deps: Deps, body: string): Promise<TlogAnswer> {
  const message = parseAddCheckpoint(body);
  const claimed = message && parseCheckpoint(parseNote(message.checkpoint)?.text ?? '');
  if (!message || !claimed) return text(400, 'The request is not an add-checkpoint message.\n');
  const client = await deps.database.pool('atom_owner').connect();
  try {
    await client.query('begin');
    const { rows } = await client.query(
      'select vkeys, size, root, note from witnessed_log where origin = $1 for update',
      [claimed.origin],
    );
    if (!rows[0]) return text(404, 'This witness does not know that log.\n');
    const known = { size: Number(rows[0].size), root: rows[0].root as Buffer | null };
    const opened = openCheckpoint(message.checkpoint, (rows[0].vkeys as string[]).map(parseVerifierKey));
    if (!opened.ok) return text(403, 'No signature of a key that this witness trusts for the log.\n');
    const { size, root, origin } = opened.checkpoint;
    if (message.oldSize > size) return text(400, 'The old size is larger than the checkpoint.\n');
    if (message.oldSize !== known.size)
      return { ...text(409, `${known.size}\n`), headers: { 'content-type': 'text/x.tlog.size' } };
    if (size === known.size && known.root && !known.root.equals(root)) {
      await client.query('rollback');
      await recordFinding(deps, {
        kind: 'foreign_split_view',
        subject: origin,
        message: `${origin} signed two different trees of ${size} entries.`,
        evidence: [rows[0].note, message.checkpoint],
      });
      return text(422, 'Another tree of that size was cosigned.\n');
    }
    const consistent =
      size === 0
        ? root.equals(emptyRoot) && message.proof.length === 0
        : verifyConsistency(known.size, size, known.root ?? emptyRoot, root, message.proof);
    if (!consistent) return text(422, 'The proof does not lead from the cosigned tree to this one.\n');
    const lines = await signatureLines(opened.note.text, [ownCosigner(deps.clock)]);
    const trusted = opened.note.signatures
      .filter(s => opened.note.by.some(v => v.name === s.name && v.keyId.equals(s.keyId)))
      .map(s => s.line);
    await client.query(
      'update witnessed_log set size = $2, root = $3, note = $4, cosigned_at = $5 where origin = $1',
      [origin, size, root, `${opened.note.text}\n${trusted.join('')}${lines}`, deps.clock.now()],
    );
    await client.query('commit');
    return text(200, lines);
  } finally {
    await client.query('rollback').catch(() => {}); // after a commit this does nothing
    client.release();
  }
}

/** The newest checkpoint that this witness cosigned for a log, by the hash of its origin. */
export async function witnessedCheckpoint(deps: Deps, originHash: string): Promise<TlogAnswer> {
  const { rows } = await deps.database
    .pool('atom_owner')
    .query('select note from witnessed_log where origin_hash = $1 and note is not null', [originHash]);
  return rows[0] ? text(200, rows[0].note) : text(404, 'Nothing of that log was cosigned here.\n');
}
