import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { SetBudgetInput } from '../schema.ts';

export interface StoredBudget {
  id: string;
  tenantId: string;
  name: string;
  service: string | null;
  amount: number;
  currency: string;
  thresholds: number[];
  version: number;
}

const columns = `id, tenant_id as "tenantId", name, service, amount::float8 as amount, currency, thresholds, version`;
/** A simulated caller sees what belongs to tenants whose charges are simulated. */
const shown = (db: ReadDb) =>
  db.scope.reach === 'simulated'
    ? ' and exists (select 1 from tenant t where t.id = tenant_id and t.simulated)'
    : '';

export const selectBudgets = (db: ReadDb, tenantId: string | null): Promise<StoredBudget[]> =>
  db.query({
    sql: `select ${columns} from cost_budget where ($1::text is null or tenant_id = $1)${shown(db)}
      order by tenant_id, name, id limit 500`,
    parameters: [tenantId],
  });

export const findBudget = (db: ReadDb, id: string): Promise<StoredBudget | null> =>
  db.one({ sql: `select ${columns} from cost_budget where id = $1${shown(db)}`, parameters: [id] });

export interface ToldAlert {
  budgetId: string;
  kind: string;
  threshold: number;
  at: string;
  value: number;
}

export const selectAlerts = (db: ReadDb, month: string): Promise<ToldAlert[]> =>
  db.query({
    sql: `select budget_id as "budgetId", kind, threshold, at, value::float8 as value from cost_budget_alert
      where month = $1 order by at`,
    parameters: [month],
  });

export async function insertBudget(tx: Tx, id: string, input: SetBudgetInput, now: Date): Promise<void> {
  const { version: _, ...fields } = input;
  await tx.costBudget.create({
    data: { ...fields, id, createdAt: now, updatedAt: now },
    select: { id: true },
  });
}

/** False when somebody else changed it meanwhile. */
export async function updateBudget(
  tx: Tx,
  id: string,
  version: number,
  input: SetBudgetInput,
  now: Date,
): Promise<boolean> {
  const { name, service, amount, currency, thresholds } = input;
  const { count } = await tx.costBudget.updateMany({
    where: { id, version, tenantId: input.tenantId },
    data: { name, service, amount, currency, thresholds, version: version + 1, updatedAt: now },
  });
  return count === 1;
}

export const deleteBudget = async (tx: Tx, id: string): Promise<void> =>
  void (await tx.costBudget.deleteMany({ where: { id } }));

/** False when this threshold was told already. */
export async function insertAlert(
  tx: Tx,
  alert: {
    budgetId: string;
    month: string;
    kind: string;
    threshold: number;
    tenantId: string;
    at: Date;
    amount: number;
    value: number;
  },
): Promise<boolean> {
  const { count } = await tx.costBudgetAlert.createMany({ data: [alert], skipDuplicates: true });
  return count === 1;
}
