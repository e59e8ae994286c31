import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { ExecutionState } from '../schema.ts';

export interface Tried {
  ref: string;
  execId: string;
  state: ExecutionState;
}

/** The newest dry run of each of these proposals, of the plan that it proposes: anybody may name it as where another one came from. */
export const selectTried = (
  db: ReadDb,
  tenantId: string,
  proposals: readonly { id: string; planHash: string }[],
): Promise<Tried[]> =>
  db.query<Tried>({
    name: 'actions-tried',
    sql: `select distinct on (e.origin ->> 'ref') e.origin ->> 'ref' as ref, e.id as "execId", e.state
      from action_execution e
      where e.tenant_id = $1 and e.dry_run and e.origin ->> 'kind' = 'proposal' and (e.origin ->> 'ref', e.plan_hash) in (select * from unnest($2::text[], $3::text[]))
      order by e.origin ->> 'ref', e.requested_at desc, e.id desc`,
    parameters: [tenantId, proposals.map(p => p.id), proposals.map(p => p.planHash)],
  });

/** The run of a proposal that was really asked for; one that a policy denied at once is none. */
const realRun = `select e.id from action_execution e
  where e.tenant_id = $1 and not e.dry_run and e.state <> 'refused' and e.origin ->> 'kind' = 'proposal' and e.origin ->> 'ref' = $2 and e.plan_hash = $3
  order by e.requested_at, e.id limit 1`;

export const selectRealRun = (
  db: ReadDb,
  tenantId: string,
  { id, planHash }: { id: string; planHash: string },
): Promise<{ id: string } | null> =>
  db.one<{ id: string }>({ name: 'actions-real-run', sql: realRun, parameters: [tenantId, id, planHash] });

/** Within the transaction that asks for it, so that of two who do only one finds none. */
export async function lockRealRun(
  tx: Tx,
  tenantId: string,
  ref: string,
  planHash: string,
): Promise<string | null> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`proposal:${ref}`}, 0))`;
  const [found] = await tx.$queryRawUnsafe<{ id: string }[]>(realRun, tenantId, ref, planHash);
  return found?.id ?? null;
}
