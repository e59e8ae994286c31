import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { DomainError } from '../errors/domain-error.ts';
import { gauge } from '../metrics/metrics.ts';
import type { Queryable } from './nodes.ts';
import { openNote } from './note.ts';
import { parseVerifierKey } from './note-keys.ts';
import { type SignedHead, signedHead } from './proofs.ts';
import { readWitnessRule, type WitnessRule } from './witness-rule.ts';

const behindGauge = gauge(
  'ledger_witness_behind_seconds',
  'Age of the oldest checkpoint that fewer witnesses cosigned than are required',
);

export interface Witnessed {
  rule: WitnessRule;
  /** The newest checkpoint that enough witnesses cosigned; null = none, or none are required. */
  head: SignedHead | null;
  /** Since when what was signed waits for enough of them; 0 = nothing waits. */
  behindSeconds: number;
  met: boolean;
}

export async function witnessedState(db: Queryable, now: Date): Promise<Witnessed> {
  const rule = await readWitnessRule(db);
  if (rule.required === 0) return { rule, head: null, behindSeconds: 0, met: true };
  const head = await signedHead(db, { cosignedBy: rule.required });
  const { rows } = await db.query({
    name: 'ledger-first-unwitnessed',
    text: `select at from ledger_checkpoint where generation = (select max(generation) from ledger_checkpoint)
        and (generation <> $1 or size > $2) order by size limit 1`,
    values: [head?.generation ?? -1, head?.size ?? 0],
  });
  const behindSeconds = rows[0] ? Math.max(0, (now.getTime() - Date.parse(rows[0].at)) / 1000) : 0;
  behindGauge.set(behindSeconds);
  return { rule, head, behindSeconds, met: behindSeconds <= rule.withinMinutes * 60 };
}

/** What people approve must be seen by enough witnesses, and soon: not while they do not cosign. */
export async function requireWitnesses(database: Database, clock: Clock): Promise<void> {
  const { rule, behindSeconds, met } = await witnessedState(database.pool('atom_owner'), clock.now());
  if (met) return;
  throw new DomainError(
    'unavailable',
    'ledger.unwitnessed',
    `${rule.required} witnesses must cosign the ledger, and fewer did for ${Math.round(behindSeconds)} s; ${rule.withinMinutes} minutes are allowed. Risky changes wait until enough of them cosign.`,
    { required: rule.required, behindSeconds: Math.round(behindSeconds) },
  );
}

/** Which of the configured witnesses a note really carries: their signatures are computed, not believed. */
export async function cosignersOf(db: Queryable, note: string): Promise<string[]> {
  const { rows } = await db.query('select id, vkeys from ledger_witness order by id');
  return rows.flatMap(({ id, vkeys }: { id: string; vkeys: string[] }) =>
    openNote(note, vkeys.map(parseVerifierKey)).ok ? [id] : [],
  );
}
