import type { Database } from '../db/database.ts';
import { DomainError } from '../errors/domain-error.ts';
import { gauge } from '../metrics/metrics.ts';
import { haltedBy } from './findings.ts';
import type { Queryable } from './nodes.ts';

const behindGauge = gauge(
  'ledger_head_behind_seconds',
  'Age of the oldest entry that no signed checkpoint covers',
);

/** Tests, in which nobody sequences, lift it; a test of the guard sets it back. */
export const freshness = { limitSeconds: 10 };

/** Age of the oldest entry that no signed checkpoint covers; 0 when there is none. */
export async function secondsBehind(db: Queryable): Promise<number> {
  const { rows } = await db.query({
    name: 'ledger-behind',
    text: `select extract(epoch from clock_timestamp() - (select min(x.at) from (
        (select e.at from ledger_leaf l join ledger_entry e on e.id = l.entry_id
          where l.idx = coalesce((select size from ledger_checkpoint order by generation desc, size desc limit 1), 0))
        union all
        (select e.at from ledger_entry e where e.id > h.low and not exists (select 1 from ledger_leaf l where l.entry_id = e.id)
          order by e.id limit 1)) x))::float8 as behind
      from ledger_head h`,
  });
  const behind = Math.max(0, rows[0]?.behind ?? 0);
  behindGauge.set(behind);
  return behind;
}

/** Whoever does something risky must be able to prove it soon: not while nothing is sealed. */
export async function requireFreshLedger(database: Database): Promise<void> {
  const { limitSeconds } = freshness;
  if (limitSeconds === Number.POSITIVE_INFINITY) return;
  const db = database.pool('atom_owner');
  const behind = await secondsBehind(db);
  if (behind <= limitSeconds) return;
  const why = await haltedBy(db);
  throw new DomainError(
    'unavailable',
    'ledger.behind',
    why
      ? `The ledger is not being signed: ${why} Risky changes wait until that is settled.`
      : `The ledger's signed head is ${Math.round(behind)} s behind. Risky changes wait until it has caught up.`,
    { behindSeconds: Math.round(behind) },
  );
}
