import type { ReadDb } from '#kernel/db/database.ts';

export async function findUnexplained(
  db: ReadDb,
  since: Date,
): Promise<{ total: number; unexplained: string[] }> {
  const row = await db.one<{ total: number; unexplained: string[] }>({
    name: 'reasoner-unexplained',
    sql: `select count(*)::int as total, coalesce(array_agg(d.id) filter (where t.decision_id is null
          or jsonb_array_length(t.steps) = 0 or d.confidence is null), '{}') as unexplained
      from reasoner_decision d left join reasoning_trace t on t.decision_id = d.id where d.at > $1`,
    parameters: [since],
  });
  return row ?? { total: 0, unexplained: [] };
}

/** Proposals with a claim that cites nothing, or something that the answer did not keep. */
export async function findUncited(db: ReadDb, since: Date): Promise<string[]> {
  const rows = await db.query<{ id: string }>({
    name: 'reasoner-uncited',
    sql: `select distinct d.id from reasoner_decision d join proposal p on p.decision_id = d.id
      where d.at > $1 and (jsonb_array_length(p.body -> 'rationale') = 0 or exists (
        select from jsonb_array_elements(p.body -> 'rationale') c where jsonb_array_length(c -> 'eventIds') = 0 or exists (
          select from jsonb_array_elements_text(c -> 'eventIds') e
           where not exists (select from jsonb_array_elements(d.evidence) kept where kept ->> 'id' = e))))`,
    parameters: [since],
  });
  return rows.map(row => row.id);
}

export async function inferenceQuantile(
  db: ReadDb,
  since: Date,
): Promise<{ answers: number; p95: number | null }> {
  const row = await db.one<{ answers: number; p95: number | null }>({
    name: 'reasoner-inference',
    sql: `select count(*)::int as answers, percentile_cont(0.95) within group (order by took_ms) as p95
      from reasoner_decision where at > $1`,
    parameters: [since],
  });
  return row ?? { answers: 0, p95: null };
}
