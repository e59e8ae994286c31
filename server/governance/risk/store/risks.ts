import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { Contribution, Level, Scores, Severity } from '../schema.ts';

export interface StoredRisk extends Scores {
  tenantId: string;
  id: string;
  service: string | null;
  at: string;
  level: Level;
  probability: number | null;
  contributions: Contribution[];
  inputs: string;
  cut: Severity[];
  simulated: boolean;
}

const columns = `tenant_id as "tenantId", id, service, at, security, cost, performance, reliability, compliance, level,
  probability, contributions, inputs, coalesce(cut, '{}') as cut, simulated`;

/** Who reaches the simulated world only sees scores made of it only. */
const reach = (db: ReadDb) => (db.scope.reach === 'simulated' ? ' and simulated' : '');
const named = (db: ReadDb, name: string) => `${name}${db.scope.reach === 'simulated' ? '-simulated' : ''}`;

export const selectRisk = (db: ReadDb, tenantId: string, id: string): Promise<StoredRisk | null> =>
  db.one<StoredRisk>({
    name: named(db, 'risk-one'),
    sql: `select ${columns} from governance_risks where tenant_id = $1 and id = $2${reach(db)}`,
    parameters: [tenantId, id],
  });

export const selectLatest = (
  db: ReadDb,
  tenantId: string,
  service: string | null,
): Promise<StoredRisk | null> =>
  db.one<StoredRisk>({
    name: named(db, `risk-latest-${service === null ? 'tenant' : 'service'}`),
    sql: `select ${columns} from governance_risks where tenant_id = $1
      and ${service === null ? 'service is null' : 'service = $2'}${reach(db)} order by at desc, id desc limit 1`,
    parameters: service === null ? [tenantId] : [tenantId, service],
  });

/** The newest of the tenant as a whole and of each of its services. */
export const selectLatestOfTenant = (db: ReadDb, tenantId: string, since: Date): Promise<StoredRisk[]> =>
  db.query<StoredRisk>({
    name: named(db, 'risk-latest-all'),
    sql: `select distinct on (service) ${columns} from governance_risks where tenant_id = $1 and at >= $2${reach(db)}
      order by service, at desc, id desc`,
    parameters: [tenantId, since],
  });

/** The newest of each tenant as a whole. */
export const selectLatestOfAll = (db: ReadDb, since: Date): Promise<StoredRisk[]> =>
  db.query<StoredRisk>({
    name: named(db, 'risk-latest-tenants'),
    sql: `select distinct on (tenant_id) ${columns} from governance_risks where service is null and at >= $1${reach(db)}
      order by tenant_id, at desc, id desc`,
    parameters: [since],
  });

/** History over a long time is thinned to what a chart can show, keeping the worst of each stretch. */
export const selectHistory = (
  db: ReadDb,
  tenantId: string,
  service: string | null,
  since: Date,
  stepSeconds: number,
): Promise<StoredRisk[]> =>
  db.query<StoredRisk>({
    name: named(db, `risk-history-${service === null ? 'tenant' : 'service'}`),
    sql: `select * from (select distinct on (floor(extract(epoch from at) / $3)) ${columns} from governance_risks
      where tenant_id = $1 and at >= $2 and ${service === null ? 'service is null' : 'service = $4'}${reach(db)}
      order by floor(extract(epoch from at) / $3), greatest(security, cost, performance, reliability, compliance) desc, at desc) h
      order by at desc, id desc`,
    parameters: service === null ? [tenantId, since, stepSeconds] : [tenantId, since, stepSeconds, service],
  });

export async function insertRisks(tx: Tx, rows: readonly StoredRisk[]): Promise<void> {
  await tx.governanceRisk.createMany({
    data: rows.map(row => ({
      ...row,
      at: new Date(row.at),
      contributions: row.contributions as unknown as Json[],
    })) as never,
    skipDuplicates: true,
  });
}

export async function deleteRisksBefore(tx: Tx, before: Date): Promise<number> {
  return (await tx.governanceRisk.deleteMany({ where: { at: { lt: before }, id: { not: 'r1' } } })).count;
}

export const newestScoreAt = async (db: ReadDb): Promise<string | null> =>
  (
    await db.one<{ at: string | null }>({
      name: 'risk-newest',
      sql: 'select max(at) as at from governance_risks',
      parameters: [],
    })
  )?.at ?? null;

export const unexplainedScores = async (
  db: ReadDb,
  since: Date,
): Promise<{ scores: number; unexplained: number }> =>
  (await db.one<{ scores: number; unexplained: number }>({
    name: 'risk-unexplained',
    sql: `select count(*)::int as scores, count(*) filter (
        where greatest(security, cost, performance, reliability, compliance) > 0
          and (jsonb_typeof(contributions) <> 'array' or jsonb_array_length(contributions) = 0))::int as unexplained
      from governance_risks where at >= $1`,
    parameters: [since],
  })) ?? { scores: 0, unexplained: 0 };
