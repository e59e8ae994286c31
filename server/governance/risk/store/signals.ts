import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { FactSignal } from '../rules/facts.ts';

export interface StoredSignal {
  tenantId: string;
  service: string;
  metric: string;
  at: string;
  value: number;
  expected: number;
  score: number;
  simulated: boolean;
}

export async function selectSignals(db: ReadDb, tenantId: string): Promise<FactSignal[]> {
  const rows = await db.query<StoredSignal>({
    name: `risk-signals${db.scope.reach === 'simulated' ? '-simulated' : ''}`,
    sql: `select service, metric, at, value, expected, score from risk_signal where tenant_id = $1
      ${db.scope.reach === 'simulated' ? 'and simulated' : ''} order by service, metric`,
    parameters: [tenantId],
  });
  return rows.map(row => ({ ...row, at: Date.parse(row.at) }));
}

export interface SignalState extends StoredSignal {
  state: unknown;
}

export const selectStates = (db: ReadDb): Promise<SignalState[]> =>
  db.query<SignalState>({
    name: 'risk-states',
    sql: `select tenant_id as "tenantId", service, metric, at, value, expected, score, state, simulated from risk_signal`,
    parameters: [],
  });

export const selectNewest = async (db: ReadDb): Promise<string | null> =>
  (
    await db.one<{ at: string | null }>({
      name: 'risk-signal-newest',
      sql: 'select max(at) as at from risk_signal',
      parameters: [],
    })
  )?.at ?? null;

/** One statement for all of them: every few seconds there are some hundreds. */
export async function upsertSignals(tx: Tx, rows: readonly SignalState[]): Promise<void> {
  await tx.$executeRaw`insert into risk_signal (tenant_id, service, metric, at, value, expected, score, state, simulated)
    select "tenantId", service, metric, at, value, expected, score, state, simulated
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r("tenantId" text, service text, metric text, at timestamptz, value float8, expected float8, score float8, state jsonb, simulated boolean)
    on conflict (tenant_id, service, metric) do update set at = excluded.at, value = excluded.value,
      expected = excluded.expected, score = excluded.score, state = excluded.state
    where risk_signal.at <= excluded.at`;
}
