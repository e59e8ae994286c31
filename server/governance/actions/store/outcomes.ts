import type { ActionPlan } from '#kernel/actions/plan.ts';
import type { ReadDb } from '#kernel/db/database.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { ExecutionState } from '../schema.ts';

export interface PastOutcome {
  id: string;
  action: string;
  target: string;
  state: ExecutionState;
  endedAt: string;
  realised: Json;
}

/** What became of the same action before, newest first. */
export const selectPast = (
  db: ReadDb,
  action: string,
  target: string | null,
  limit: number,
): Promise<PastOutcome[]> =>
  db.query({
    name: 'action-past',
    sql: `select e.id, s.action, s.target, e.state, e.ended_at as "endedAt", e.realised
      from action_step s join action_execution e on e.id = s.execution_id
      where s.action = $1 and ($2::text is null or s.target = $2) and e.ended_at is not null and not e.dry_run
        and e.state in ('succeeded', 'rolled-back', 'failed')
      order by e.ended_at desc limit $3`,
    parameters: [action, target, limit],
  });

/** High risk that ordered a step, and whether an approval was released for it. */
export const selectUnapproved = (db: ReadDb): Promise<{ id: string; approved: boolean }[]> =>
  db.query({
    name: 'action-unapproved',
    sql: `select e.id, exists (select 1 from approval_request a where a.id = e.approval_id and a.state = 'released') as approved
      from action_execution e where e.tier in ('high', 'critical') and not e.dry_run
        and exists (select 1 from action_step s where s.execution_id = e.id and s.ordered_at is not null and s.action <> 'dryrun')
      order by e.requested_at desc limit 1000`,
    parameters: [],
  });

export const selectOrdered = (
  db: ReadDb,
  limit: number,
): Promise<{ id: string; state: ExecutionState; reversible: boolean }[]> =>
  db.query({
    name: 'action-ordered',
    sql: `select e.id, e.state, (e.assessment->>'reversible')::boolean as reversible from action_execution e
      where exists (select 1 from action_step s where s.execution_id = e.id and s.ordered_at is not null)
      order by e.requested_at desc limit $1`,
    parameters: [limit],
  });

export interface Unmeasured {
  id: string;
  tenantId: string;
  /** Null where it is about several services. */
  target: string | null;
  score: number | null;
}

/** What succeeded and changed something, whose risk nobody looked at afterwards. */
export const selectUnmeasured = (
  db: ReadDb,
  before: Date,
  after: Date,
  limit: number,
): Promise<Unmeasured[]> =>
  db.query({
    name: 'action-unmeasured',
    sql: `select e.id, e.tenant_id as "tenantId", (e.assessment->'predicted'->>'score')::float8 as score,
        case when (select count(distinct s.target) from action_step s where s.execution_id = e.id
          and s.snapshot->>'kind' = 'service') = 1
          then (select min(s.target) from action_step s where s.execution_id = e.id and s.snapshot->>'kind' = 'service') end as target
      from action_execution e
      where e.state = 'succeeded' and not e.dry_run and e.ended_at <= $1 and e.ended_at > $2
        and (e.realised is null or not e.realised ? 'risk_5 min')
      order by e.ended_at limit $3`,
    parameters: [before, after, limit],
  });

export interface EndedExecution {
  id: string;
  tenantId: string;
  plan: ActionPlan;
  endedAt: string;
  predicted: Json;
}
