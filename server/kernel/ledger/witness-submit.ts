import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { type SafeFetchDeps, type SafeResponse, safeFetch } from '../http/safe-fetch.ts';
import { recordFinding } from './findings.ts';
import { withNodes } from './nodes.ts';
import { openCheckpoint, openNote } from './note.ts';
import { parseVerifierKey } from './note-keys.ts';
import { ledgerVerifiers } from './origin.ts';
import { rootAt, type SignedHead, signedHead } from './proofs.ts';
import { consistencyProof } from './tree.ts';
import { originHash, writeAddCheckpoint } from './witness-messages.ts';

export interface WitnessDeps {
  database: Database;
  clock: Clock;
  fetch?: SafeFetchDeps;
}

interface Witness {
  id: string;
  url: string;
  vkeys: string[];
  size: number;
}

const timeoutMs = 10_000;
const pool = (deps: WitnessDeps) => deps.database.pool('atom_owner');

/**
 * Our newest checkpoint to every witness, the same to all, so that it can carry as many cosignatures as are required. First
 * each is asked what it saw, so that a lost tail or a fork is found here.
 */
export async function submitToWitnesses(deps: WitnessDeps): Promise<void> {
  const db = pool(deps);
  const witnesses = await db.query('select id, url, vkeys, size from ledger_witness order by id');
  const head = await signedHead(db);
  if (!head) return;
  for (const row of witnesses.rows) {
    const witness: Witness = { ...row, size: Number(row.size) };
    try {
      const size = await cosign(deps, witness, head);
      await db.query(
        `update ledger_witness set size = $2, state = 'cosigning', error = null, cosigned_at = $3, checked_at = $3 where id = $1`,
        [witness.id, size, deps.clock.now()],
      );
    } catch (error) {
      await db.query(
        `update ledger_witness set state = 'failing', error = $2, checked_at = $3 where id = $1`,
        [witness.id, (error as Error).message.slice(0, 500), deps.clock.now()],
      );
    }
  }
}

/** What each witness saw of us, against what we have. Unreachable ones say nothing. */
export async function compareWithWitnesses(deps: WitnessDeps): Promise<void> {
  const { rows } = await pool(deps).query('select id, url, vkeys, size from ledger_witness order by id');
  const head = await signedHead(pool(deps));
  if (head) await Promise.allSettled(rows.map(row => seenBy(deps, { ...row, size: Number(row.size) }, head)));
}

const originOf = (head: SignedHead): string => head.note.slice(0, head.note.indexOf('\n'));

class Contradiction extends Error {}

/**
 * The size of ours that the witness cosigned last; 0 when it never did. What it shows counts as proof only where our own
 * signature is on it: a witness alone cannot stop this ledger.
 */
async function seenBy(deps: WitnessDeps, witness: Witness, head: SignedHead): Promise<number> {
  const origin = originOf(head);
  const answer = await ask(deps, `${witness.url}/${originHash(origin)}/checkpoint`);
  if (answer.status === 404) return 0;
  if (answer.status !== 200) throw new Error(`It answers ${answer.status} when asked what it saw.`);
  const note = answer.body.toString('utf8');
  const verifiers = await ledgerVerifiers(pool(deps));
  const opened = openCheckpoint(
    note,
    verifiers.filter(v => v.name === origin),
  );
  if (!opened.ok || opened.checkpoint.origin !== origin)
    throw new Error('It shows a checkpoint that this ledger did not sign.');
  const { size, root } = opened.checkpoint;
  const tree = Number((await pool(deps).query('select size from ledger_head')).rows[0].size);
  const evidence = [note, head.note];
  if (size > tree) {
    await recordFinding(deps, {
      kind: 'lost_tail',
      subject: origin,
      message: `Witness ${witness.id} cosigned ${size} entries, and the tree has ${tree}: entries from ${tree} on are gone.`,
      evidence,
    });
    throw new Contradiction(`It cosigned ${size} entries; this ledger has ${tree}.`);
  }
  if (!(await rootAt(pool(deps), size)).equals(root)) {
    await recordFinding(deps, {
      kind: 'split_view',
      subject: origin,
      message: `Witness ${witness.id} cosigned another tree of ${size} entries, with this ledger's signature.`,
      evidence,
    });
    throw new Contradiction(`It cosigned another tree of ${size} entries.`);
  }
  return size;
}

async function cosign(deps: WitnessDeps, witness: Witness, head: SignedHead): Promise<number> {
  const db = pool(deps);
  let old = await seenBy(deps, witness, head);
  if (old > head.size) return old; // of a checkpoint that was signed meanwhile
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await ask(
      deps,
      `${witness.url}/add-checkpoint`,
      writeAddCheckpoint({
        oldSize: old,
        proof: await withNodes(db, nodeAt => consistencyProof(old, head.size, nodeAt)),
        checkpoint: head.note,
      }),
    );
    const body = answer.body.toString('utf8');
    if (answer.status === 200) {
      await keep(deps, witness, head, body);
      return head.size;
    }
    if (answer.status !== 409 || !/^\d+\n$/.test(body)) throw new Error(`It answers ${answer.status}.`);
    old = Number(body);
    if (old > head.size) return seenBy(deps, witness, head);
  }
  throw new Error('It kept naming another size.');
}

/** Only lines of the keys that were configured; whatever else it sent stays out. */
async function keep(deps: WitnessDeps, witness: Witness, head: SignedHead, lines: string): Promise<void> {
  const opened = openNote(
    `${head.note.slice(0, head.note.lastIndexOf('\n\n') + 2)}${lines}`,
    witness.vkeys.map(parseVerifierKey),
  );
  if (!opened.ok) throw new Error('Its answer carries no signature of its configured key.');
  const good = opened.note.signatures.filter(s =>
    opened.note.by.some(v => v.kind === 'cosignature' && v.name === s.name && v.keyId.equals(s.keyId)),
  );
  if (good.length === 0) throw new Error('Its answer carries no cosignature of its configured key.');
  await pool(deps).query(
    'insert into ledger_cosignature (generation, size, witness_id, lines, at) values ($1, $2, $3, $4, $5) on conflict do nothing',
    [head.generation, head.size, witness.id, good.map(s => s.line).join(''), deps.clock.now()],
  );
}

const ask = (deps: WitnessDeps, url: string, body?: string): Promise<SafeResponse> =>
  safeFetch(
    url,
    body === undefined
      ? { timeoutMs }
      : { method: 'POST', body, headers: { 'content-type': 'text/plain; charset=utf-8' }, timeoutMs },
    deps.fetch,
  );
