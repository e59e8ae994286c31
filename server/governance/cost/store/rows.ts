import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { FocusRow } from '../rules/focus.ts';

const shown = (db: ReadDb) => (db.scope.reach === 'simulated' ? ' and simulated' : '');

export interface UseRow {
  service: string;
  region: string | null;
  currency: string;
  day: string;
  cost: number;
  hours: number | null;
}

/** What services cost on whole days, with the hours of replicas that were billed. */
export const selectUse = (
  db: ReadDb,
  tenantId: string,
  services: readonly string[],
  from: Date,
  to: Date,
): Promise<UseRow[]> =>
  db.query({
    name: `cost-use${shown(db)}`,
    sql: `select resource_id as service, max(region) as region, currency,
        to_char(charge_start at time zone 'UTC', 'YYYY-MM-DD') as day, (sum(billed_cost) filter (where consumed_unit = 'Hours'))::float8 as cost,
        (sum(consumed_quantity) filter (where consumed_unit = 'Hours'))::float8 as hours
      from cost_row where tenant_id = $1 and resource_id = any($2) and charge_start >= $3 and charge_start < $4${shown(db)}
      group by resource_id, currency, day order by day`,
    parameters: [tenantId, services, from, to],
  });

/** The median price of a replica's day in each region, over everybody's compute: what a move there would be billed at. */
export const selectRegionPrices = (
  db: ReadDb,
  from: Date,
  to: Date,
): Promise<{ region: string; currency: string; price: number }[]> =>
  db.query({
    name: `cost-region-prices${shown(db)}`,
    sql: `select region, currency, percentile_cont(0.5) within group
        (order by (billed_cost / consumed_quantity)::float8 * 24) as price
      from cost_row where consumed_unit = 'Hours' and consumed_quantity > 0 and category = 'Usage' and region is not null
        and charge_start >= $1 and charge_start < $2${shown(db)}
      group by region, currency`,
    parameters: [from, to],
  });

export interface StoredRow extends FocusRow {
  id: string;
}

/** How many were new. Months get their partition as they come. */
export async function insertRows(
  tx: Tx,
  rows: readonly StoredRow[],
  importId: string,
  simulated: boolean,
): Promise<number> {
  for (const month of new Set(rows.map(row => `${row.chargeStart.slice(0, 7)}-01`)))
    await tx.$queryRaw`select cost_month(${month}::date)::text`;
  let added = 0;
  for (let at = 0; at < rows.length; at += 2000) {
    const batch = JSON.stringify(rows.slice(at, at + 2000));
    added +=
      await tx.$executeRaw`insert into cost_row (id, tenant_id, charge_start, charge_end, billing_start, provider,
        category, service_category, service_name, resource_id, region, currency, billed_cost, effective_cost,
        consumed_quantity, consumed_unit, columns, import_id, simulated)
      select r.id, r."tenantId", r."chargeStart", r."chargeEnd", r."billingStart", r.provider, r.category,
        r."serviceCategory", r."serviceName", r."resourceId", r.region, r.currency, r."billedCost", r."effectiveCost",
        r."consumedQuantity", r."consumedUnit", r.columns, ${importId}, ${simulated}
      from jsonb_to_recordset(${batch}::jsonb) as r(id text, "tenantId" text, "chargeStart" timestamptz,
        "chargeEnd" timestamptz, "billingStart" timestamptz, provider text, category text, "serviceCategory" text,
        "serviceName" text, "resourceId" text, region text, currency text, "billedCost" numeric, "effectiveCost" numeric,
        "consumedQuantity" numeric, "consumedUnit" text, columns jsonb)
      on conflict (charge_start, id) do nothing`;
  }
  return added;
}

/** What services with replicas cost a day for them. */
export const selectCompute = (
  db: ReadDb,
  tenantId: string,
  from: Date,
  to: Date,
): Promise<{ service: string; perDay: number }[]> =>
  db.query({
    name: `cost-compute${shown(db)}`,
    sql: `select resource_id as service,
        (sum(billed_cost) / count(distinct charge_start))::float8 as "perDay"
      from cost_row where tenant_id = $1 and consumed_unit = 'Hours' and resource_id is not null
        and charge_start >= $2 and charge_start < $3${shown(db)}
      group by resource_id order by 2 desc, 1 limit 100`,
    parameters: [tenantId, from, to],
  });

export const newestDay = async (db: ReadDb): Promise<string | null> =>
  (
    await db.one<{ at: string | null }>({
      sql: 'select max(charge_start) as at from cost_row',
      parameters: [],
    })
  )?.at ?? null;
