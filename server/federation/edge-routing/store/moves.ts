import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { MoveStep, TenantMove } from '../schema/move.ts';

const columns = `id, tenant_id as "tenantId", from_region as "from", to_region as "to", dry, state, reason, by, plan, steps, message,
  simulated, started_at as "startedAt", finished_at as "finishedAt"`;
const reach = (db: ReadDb) => (db.scope.reach === 'simulated' ? 'simulated' : 'true');

export const findMove = (db: ReadDb, id: string): Promise<TenantMove | null> =>
  db.one({ sql: `select ${columns} from tenant_move where id = $1 and ${reach(db)}`, parameters: [id] });

export const selectMoves = (db: ReadDb, tenant: string, limit = 20): Promise<TenantMove[]> =>
  db.query({
    sql: `select ${columns} from tenant_move where tenant_id = $1 and ${reach(db)} order by started_at desc, id desc limit $2`,
    parameters: [tenant, limit],
  });

export const selectRunningMoves = (db: ReadDb): Promise<TenantMove[]> =>
  db.query({
    sql: `select ${columns} from tenant_move where state = 'running' and ${reach(db)} order by started_at, id`,
    parameters: [],
  });

/** False while another move of the tenant runs. */
export async function insertMove(
  tx: Tx,
  move: Omit<TenantMove, 'startedAt' | 'finishedAt' | 'message'>,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.tenantMove.createMany({
    data: [{ ...move, startedAt: now, ...(move.state === 'running' ? {} : { finishedAt: now }) }],
    skipDuplicates: true,
  });
  return count === 1;
}

/** False when it runs no more: what ended stays as it ended. */
export async function saveMove(
  tx: Tx,
  id: string,
  change: { state?: TenantMove['state']; steps: MoveStep[]; message?: string | null; finishedAt?: Date },
): Promise<boolean> {
  const { count } = await tx.tenantMove.updateMany({ where: { id, state: 'running' }, data: change });
  return count === 1;
}
