import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { env } from '../env/env.ts';
import { activeSigners } from '../signing/signer.ts';
import type { Queryable } from './nodes.ts';
import {
  type NoteSigner,
  type NoteVerifier,
  noteSigner,
  noteSignerOf,
  parseVerifierKey,
} from './note-keys.ts';

export interface Origin {
  generation: number;
  name: string;
}

/** The address under which the log is read, without scheme; each later generation has a path of its own. */
export const originName = (generation: number): string =>
  `${new URL(env().publicUrl).host}/tlog${generation === 1 ? '' : `/${generation}`}`;

/** The ledger's name. Kept with the ledger: a verifier pins it, whatever address the console moves to. */
export async function currentOrigin(db: Queryable): Promise<Origin> {
  const { rows } = await db.query({
    name: 'ledger-origin',
    text: 'select generation, origin from ledger_origin order by generation desc limit 1',
  });
  return rows[0]
    ? { generation: rows[0].generation, name: rows[0].origin }
    : { generation: 1, name: originName(1) };
}

/** At the first checkpoint ever. */
export async function pinOrigin(db: Queryable, origin: Origin, now: Date): Promise<void> {
  await db.query(
    `insert into ledger_origin (generation, origin, size, reason, at) values ($1, $2, 0, 'first checkpoint', $3)
     on conflict do nothing`,
    [origin.generation, origin.name, now],
  );
}

/**
 * Both algorithms. The public witness network reads Ed25519 alone: where the classical key is another one, a key that
 * follows from the master secret signs beside it.
 */
export async function checkpointSigners(
  database: Database,
  clock: Clock,
  origin: string,
): Promise<NoteSigner[]> {
  const signers = (await activeSigners(database, clock, 'ledger')).map(s => noteSignerOf(origin, s));
  return signers.some(s => s.kind === 'ed25519')
    ? signers
    : [...signers, noteSigner(origin, env().secret('ledger-checkpoint'))];
}

const recorded = new WeakMap<Queryable, Set<string>>();

/** Which keys sign checkpoints: published, and known again after a rotation. */
export async function recordKeys(db: Queryable, signers: readonly NoteSigner[], now: Date): Promise<void> {
  const known = recorded.get(db) ?? new Set<string>();
  recorded.set(db, known);
  for (const { vkey, name, kind } of signers) {
    if (known.has(vkey)) continue;
    await db.query(
      'insert into ledger_key (vkey, origin, algorithm, at) values ($1, $2, $3, $4) on conflict do nothing',
      [vkey, name, kind, now],
    );
    known.add(vkey);
  }
}

export interface LedgerKey {
  vkey: string;
  origin: string;
  algorithm: string;
}

export const ledgerKeys = async (db: Queryable): Promise<LedgerKey[]> =>
  (
    await db.query({
      name: 'ledger-keys',
      text: 'select vkey, origin, algorithm from ledger_key order by at, vkey',
    })
  ).rows;

export const ledgerVerifiers = async (db: Queryable): Promise<NoteVerifier[]> =>
  (await ledgerKeys(db)).map(key => parseVerifierKey(key.vkey));
