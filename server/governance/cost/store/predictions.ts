import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { PredictionRow } from '../schema.ts';

/** Where there were several currencies, a forecast is told apart by its own; its row says it already. */
const plain = (p: string) => `replace(${p}subject, ' in ' || ${p}currency || ' as of ', ' as of ')`;

export const selectPredictions = (
  db: ReadDb,
  tenantId: string | null,
  limit: number,
): Promise<PredictionRow[]> =>
  db.query({
    sql: `select p.id, p.tenant_id as "tenantId", p.kind, ${plain('p.')} as subject, p.service, p.currency, p.at,
        p.baseline::float8 as baseline, p.per_day::float8 as "perDay", p.low::float8 as low, p.high::float8 as high,
        p.simulated, coalesce((select jsonb_agg(jsonb_build_object('after', r.after, 'due', r.due, 'at', r.at,
          'perDay', r.per_day::float8, 'within', r.within, 'reason', r.reason) order by r.due)
          from cost_realised r where r.prediction_id = p.id), '[]') as realised
      from cost_prediction p where ($1::text is null or p.tenant_id = $1)${db.scope.reach === 'simulated' ? ' and p.simulated' : ''}
      order by p.at desc, p.id desc limit $2`,
    parameters: [tenantId, limit],
  });

export interface DuePrediction {
  id: string;
  tenantId: string;
  kind: 'plan' | 'forecast';
  subject: string;
  service: string | null;
  currency: string;
  at: string;
  after: '1h' | '24h' | '7d';
  due: string;
  baseline: number | null;
  low: number;
  high: number;
}

export const selectDue = (db: ReadDb, now: Date): Promise<DuePrediction[]> =>
  db.query({
    sql: `select p.id, p.tenant_id as "tenantId", p.kind, p.subject, p.service, p.currency, p.at, r.after, r.due,
        p.baseline::float8 as baseline, p.low::float8 as low, p.high::float8 as high
      from cost_realised r join cost_prediction p on p.id = r.prediction_id
      where r.at is null and r.due <= $1 order by r.due limit 500`,
    parameters: [now],
  });

export const countOverdue = async (db: ReadDb, before: Date): Promise<number> =>
  (
    await db.one<{ n: number }>({
      sql: 'select count(*) as n from cost_realised where at is null and due < $1',
      parameters: [before],
    })
  )?.n ?? 0;

export interface NewPrediction {
  id: string;
  tenantId: string;
  kind: 'plan' | 'forecast';
  subject: string;
  service: string | null;
  region: string | null;
  currency: string;
  at: Date;
  baseline: number | null;
  perDay: number;
  low: number;
  high: number;
  simulated: boolean;
  looks: { after: '1h' | '24h' | '7d'; due: Date }[];
}

/** What was said stays said: the first prediction of a subject counts. */
export async function insertPredictions(tx: Tx, rows: readonly NewPrediction[]): Promise<void> {
  await tx.costPrediction.createMany({
    data: rows.map(({ looks: _, ...row }) => row),
    skipDuplicates: true,
  });
  const kept = new Set(
    (
      await tx.costPrediction.findMany({ where: { id: { in: rows.map(r => r.id) } }, select: { id: true } })
    ).map(r => r.id),
  );
  await tx.costRealised.createMany({
    data: rows
      .filter(row => kept.has(row.id))
      .flatMap(row => row.looks.map(look => ({ ...look, predictionId: row.id, tenantId: row.tenantId }))),
    skipDuplicates: true,
  });
}

export const selectSubjects = async (
  db: ReadDb,
  kind: string,
  subjects: readonly string[],
): Promise<string[]> =>
  (
    await db.query<{ key: string }>({
      sql: `select tenant_id || '/' || currency || '/' || ${plain('')} as key from cost_prediction where kind = $1 and subject = any($2)`,
      parameters: [kind, subjects],
    })
  ).map(row => row.key);

export async function saveRealised(
  tx: Tx,
  rows: readonly {
    id: string;
    after: string;
    at: Date;
    perDay: number | null;
    within: boolean | null;
    reason: string | null;
  }[],
): Promise<void> {
  for (const { id, after, ...found } of rows)
    await tx.costRealised.updateMany({ where: { predictionId: id, after, at: null }, data: found });
}
