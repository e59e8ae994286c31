import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { uuidv7 } from '../ids/ids.ts';
import { log } from '../log/log.ts';
import { gauge } from '../metrics/metrics.ts';
import { systemContext } from '../trpc/commit.ts';
import type { Queryable } from './nodes.ts';

export const findingKinds = {
  lost_tail: 'Entries that were signed are gone',
  forked: 'The history differs from what was signed',
  split_view: 'A witness saw another history under the same name',
  broken_promise: 'An entry that was promised is not in the tree',
  foreign_split_view: 'A witnessed log showed two histories',
  damaged: 'Stored hashes do not fit together',
} as const;
export type FindingKind = keyof typeof findingKinds;

export interface Finding {
  kind: FindingKind;
  /** What it is about: an origin, an entry, a witness. */
  subject: string;
  message: string;
  /** The signed notes that prove it. */
  evidence?: string[];
}

/** Signing on would make the damage look sound. */
const halting: readonly FindingKind[] = ['lost_tail', 'forked', 'split_view'];

const open = gauge('ledger_findings_open', 'Open findings about the integrity of ledgers');

class AlreadyKnown extends Error {}

/** Once per thing found; an entry of the ledger itself, too. True when it is new. */
export async function recordFinding(
  deps: { database: Database; clock: Clock },
  finding: Finding,
): Promise<boolean> {
  const { kind, subject, message, evidence = [] } = finding;
  const now = deps.clock.now();
  const { rows } = await deps.database
    .pool('atom_owner')
    .query('select 1 from ledger_finding where open = $1', [`${kind} ${subject}`]);
  if (rows.length > 0) return false;
  log().error({ event: 'ledger.finding', kind, subject, message });
  try {
    await systemContext('ledger', deps.database, deps.clock).commit(
      {
        type: 'ledger.finding_made',
        target: { kind: 'ledger', id: subject },
        detail: { kind, reason: message },
        topics: [{ topic: 'ledger' }, { topic: 'alerts' }],
      },
      async tx => {
        const { count } = await tx.ledgerFinding.createMany({
          data: [
            {
              id: uuidv7(now.getTime()),
              kind,
              subject,
              open: `${kind} ${subject}`,
              halts: halting.includes(kind),
              message,
              evidence,
              foundAt: now,
            },
          ],
          skipDuplicates: true,
        });
        if (count === 0) throw new AlreadyKnown();
      },
    );
  } catch (error) {
    if (error instanceof AlreadyKnown) return false;
    throw error;
  }
  return true;
}

export interface FindingRow {
  id: string;
  kind: FindingKind;
  subject: string;
  halts: boolean;
  message: string;
  evidence: string[];
  foundAt: string;
  resolvedAt: string | null;
  resolution: string | null;
}

export const findings = async (db: Queryable): Promise<FindingRow[]> =>
  (
    await db.query({
      name: 'ledger-findings',
      text: `select id, kind, subject, halts, message, evidence, found_at as "foundAt", resolved_at as "resolvedAt", resolution
        from ledger_finding order by open is null, found_at desc limit 200`,
    })
  ).rows;

export async function haltedBy(db: Queryable): Promise<string | null> {
  const { rows } = await db.query({
    name: 'ledger-halted',
    text: `select count(*)::int as n, min(message) filter (where halts) as halts from ledger_finding where open is not null`,
  });
  open.set(rows[0].n);
  return rows[0].halts;
}
