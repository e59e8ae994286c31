import type { ReadDb } from '#kernel/db/database.ts';

const shown = (db: ReadDb) => (db.scope.reach === 'simulated' ? ' and simulated' : '');

export interface DayRow {
  day: string;
  currency: string;
  cost: number;
  simulated: boolean;
}

export const selectDays = (
  db: ReadDb,
  tenantId: string | null,
  service: string | null,
  from: Date,
  to: Date,
): Promise<DayRow[]> =>
  db.query({
    name: `cost-days${shown(db)}`,
    sql: `select to_char(charge_start at time zone 'UTC', 'YYYY-MM-DD') as day, currency,
        sum(billed_cost)::float8 as cost, bool_and(simulated) as simulated
      from cost_row where ($1::text is null or tenant_id = $1) and ($2::text is null or resource_id = $2)
        and charge_start >= $3 and charge_start < $4${shown(db)} group by day, currency order by day, currency`,
    parameters: [tenantId, service, from, to],
  });

export interface ChargeRow {
  tenantId: string | null;
  category: string;
  resourceId: string | null;
  usage: string | null;
  currency: string;
  amount: string;
  charges: number;
  simulated: boolean;
}

/** Charges that are divided alike come as one sum. */
export const selectCharges = (db: ReadDb, from: Date, to: Date): Promise<ChargeRow[]> =>
  db.query({
    name: `cost-charges${shown(db)}`,
    sql: `select tenant_id as "tenantId", category, case when tenant_id is null then resource_id end as "resourceId",
        columns->>'x_Usage' as usage, currency, sum(billed_cost)::text as amount, count(*)::int as charges, bool_and(simulated) as simulated
      from cost_row where charge_start >= $1 and charge_start < $2${shown(db)}
      group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`,
    parameters: [from, to],
  });

export const selectMonths = async (db: ReadDb): Promise<string[]> =>
  (
    await db.query<{ month: string }>({
      name: `cost-months${shown(db)}`,
      sql: `select distinct to_char(billing_start at time zone 'UTC', 'YYYY-MM') as month from cost_row
        where true${shown(db)} order by 1 desc limit 36`,
      parameters: [],
    })
  ).map(row => row.month);

export interface ServiceDayRow {
  day: string;
  service: string;
  currency: string;
  what: string;
  cost: number;
  quantity: number | null;
}

export const selectServiceDays = (
  db: ReadDb,
  tenantId: string,
  from: Date,
  to: Date,
): Promise<ServiceDayRow[]> =>
  db.query({
    name: `cost-service-days${shown(db)}`,
    sql: `select to_char(charge_start at time zone 'UTC', 'YYYY-MM-DD') as day,
        coalesce(resource_id, service_name) as service, service_category as what, currency, sum(billed_cost)::float8 as cost,
        sum(consumed_quantity)::float8 as quantity
      from cost_row where tenant_id = $1 and charge_start >= $2 and charge_start < $3${shown(db)}
      group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    parameters: [tenantId, from, to],
  });

export const selectTenantWeeks = (
  db: ReadDb,
  from: Date,
  middle: Date,
  to: Date,
  currency: string | null,
): Promise<{ tenantId: string; lastWeek: number; weekBefore: number }[]> =>
  db.query({
    name: `cost-tenant-weeks${shown(db)}`,
    sql: `select tenant_id as "tenantId",
        coalesce(sum(billed_cost) filter (where charge_start >= $2 and currency = $4), 0)::float8 as "lastWeek",
        coalesce(sum(billed_cost) filter (where charge_start < $2 and currency = $4), 0)::float8 as "weekBefore"
      from cost_row where tenant_id is not null and charge_start >= $1 and charge_start < $3${shown(db)}
      group by 1 order by 2 desc, 1 limit 500`,
    parameters: [from, middle, to, currency],
  });

export const selectColumns = async (
  db: ReadDb,
  tenantId: string | null,
  from: Date,
  to: Date,
  limit: number,
): Promise<Record<string, string>[]> =>
  (
    await db.query<{ columns: Record<string, string> }>({
      sql: `select columns from cost_row where ($1::text is null or tenant_id = $1) and billing_start >= $2
        and billing_start < $3${shown(db)} order by charge_start, id limit $4`,
      parameters: [tenantId, from, to, limit],
    })
  ).map(row => row.columns);
