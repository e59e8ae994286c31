import type { Database } from '../db/database.ts';
import { pendingMigrations } from '../db/migrations.ts';

export interface Readiness {
  status: 'ok' | 'unavailable';
  checks: Record<'database' | 'migrations' | 'ledger' | 'jobs', string>;
}

const maxBehindSeconds = 10;

/** What must hold before traffic makes sense: database, migrations, the ledger's head, and somebody doing jobs. */
export async function readiness(database: Database): Promise<Readiness> {
  const checks: Readiness['checks'] = { database: 'ok', migrations: 'ok', ledger: 'ok', jobs: 'ok' };
  try {
    const pool = database.pool('atom_owner');
    const { rows } = await pool.query(
      `select (select extract(epoch from now() - min(e.at)) from ledger_entry e
          where e.id > (select low from ledger_head) and not exists (select 1 from ledger_leaf l where l.entry_id = e.id)) as behind,
        (select extract(epoch from now() - min(at)) from outbox) as outbox`,
    );
    const behind = Number(rows[0].behind ?? 0);
    const outbox = Number(rows[0].outbox ?? 0);
    if (behind > maxBehindSeconds)
      checks.ledger = `the oldest entry waits ${Math.round(behind)} s for its position`;
    if (outbox > maxBehindSeconds)
      checks.jobs = `the outbox is ${Math.round(outbox)} s behind: is a worker running?`;
    const pending = await pendingMigrations(database.url('atom_owner'));
    if (pending.length > 0) checks.migrations = `${pending.length} migrations are not applied`;
  } catch {
    checks.database = 'not reachable';
  }
  return { status: Object.values(checks).every(check => check === 'ok') ? 'ok' : 'unavailable', checks };
}
