import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { env } from '../env/env.ts';
import { recordFinding } from './findings.ts';
import { signatureLines } from './note.ts';
import { cosigner, type NoteSigner, parseVerifierKey } from './note-keys.ts';
import { type TlogAnswer, text } from './tlog-answer.ts';
import { judgeSubmission, readSubmission, unknownLog, unreadable } from './witness-rules.ts';

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
  const message = readSubmission(body);
  if (!message) return unreadable();
  const client = await deps.database.pool('atom_owner').connect();
  try {
    await client.query('begin');
    const { rows } = await client.query(
      'select vkeys, size, root, note from witnessed_log where origin = $1 for update',
      [message.origin],
    );
    if (!rows[0]) return unknownLog();
    const known = { size: Number(rows[0].size), root: rows[0].root as Buffer | null };
    const judged = judgeSubmission(message, known, (rows[0].vkeys as string[]).map(parseVerifierKey));
    if (judged.do === 'answer') return judged.answer;
    const { origin } = message;
    if (judged.do === 'split') {
      await client.query('rollback');
      await recordFinding(deps, {
        kind: 'foreign_split_view',
        subject: origin,
        message: `${origin} signed two different trees of ${judged.size} entries.`,
        evidence: [rows[0].note, message.checkpoint],
      });
      return judged.answer;
    }
    const { size, root } = judged;
    const lines = await signatureLines(judged.text, [ownCosigner(deps.clock)]);
    await client.query(
      'update witnessed_log set size = $2, root = $3, note = $4, cosigned_at = $5 where origin = $1',
      [origin, size, root, `${judged.text}\n${judged.trusted}${lines}`, deps.clock.now()],
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
