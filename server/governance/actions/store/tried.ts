import type { ReadDb } from '#kernel/db/database.ts';
import type { ExecutionState } from '../schema.ts';

export interface Tried {
  ref: string;
  execId: string;
  state: ExecutionState;
}

/** The newest dry run of each of these proposals. */
export const selectTried = (db: ReadDb, tenantId: string, refs: readonly string[]): Promise<Tried[]> =>
  db.query<Tried>({
    name: 'actions-tried',
    sql: `select distinct on (e.origin ->> 'ref') e.origin ->> 'ref' as ref, e.id as "execId", e.state
      from action_execution e
      where e.tenant_id = $1 and e.dry_run and e.origin ->> 'kind' = 'proposal' and e.origin ->> 'ref' = any($2::text[])
      order by e.origin ->> 'ref', e.requested_at desc, e.id desc`,
    parameters: [tenantId, refs],
  });
