import type { ActionPlan } from '#kernel/actions/plan.ts';
import type { ReadDb } from '#kernel/db/database.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { CanarySamples, Measured, Preview, Snapshot } from '../schema/target.ts';
import type { Assessment, ExecutionState, Origin, StepState, Tier } from '../schema.ts';

export interface KeptStep {
  n: number;
  action: string;
  target: string;
  params: { [key: string]: Json };
  driver: string;
  state: StepState;
  snapshot: Snapshot | null;
  preview: Preview | null;
  applied: { version: string; said: string } | null;
  measured: Measured | null;
  canary: {
    fraction: number;
    replayedMinutes?: number;
    samples?: CanarySamples;
    card?: Json;
    verdict?: string;
  } | null;
  note: string | null;
  orderedAt: string | null;
  endedAt: string | null;
}

export interface Execution {
  id: string;
  tenantId: string;
  title: string;
  plan: ActionPlan;
  planHash: string;
  dryRun: boolean;
  origin: Origin;
  requesterKind: string;
  requesterId: string;
  requesterName: string;
  environment: string;
  simulated: boolean;
  tier: Tier;
  assessment: Assessment;
  versions: string[];
  policyId: string | null;
  approvalId: string | null;
  state: ExecutionState;
  step: number;
  version: number;
  snapshotHash: string | null;
  manifest: Json;
  outcome: string | null;
  failure: string | null;
  stop: string | null;
  dueAt: string | null;
  tries: number;
  requestedAt: string;
  startedAt: string | null;
  endedAt: string | null;
  realised: Json;
  steps: KeptStep[];
}

const columns = `e.id, e.tenant_id as "tenantId", e.title, e.plan, e.plan_hash as "planHash", e.dry_run as "dryRun", e.origin,
  e.requester_kind as "requesterKind", e.requester_id as "requesterId", e.requester_name as "requesterName", e.environment,
  e.simulated, e.tier, e.assessment, e.versions, e.policy_id as "policyId", e.approval_id as "approvalId", e.state, e.step,
  e.version, e.snapshot_hash as "snapshotHash", e.manifest, e.outcome, e.failure, e.stop, e.due_at as "dueAt", e.tries,
  e.requested_at as "requestedAt", e.started_at as "startedAt", e.ended_at as "endedAt", e.realised`;

const stepsSql = `(select coalesce(json_agg(json_build_object('n', s.n, 'action', s.action, 'target', s.target, 'params', s.params,
  'driver', s.driver, 'state', s.state, 'snapshot', s.snapshot, 'preview', s.preview, 'applied', s.applied,
  'measured', s.measured, 'canary', s.canary, 'note', s.note, 'orderedAt', s.ordered_at, 'endedAt', s.ended_at) order by s.n), '[]')
  from action_step s where s.execution_id = e.id) as steps`;

/** Callers without a name of their own see the simulated world only. */
const reach = (db: ReadDb) =>
  db.scope.reach === 'simulated' ? " and e.simulated and e.environment <> 'production'" : '';

export const findExecution = (db: ReadDb, id: string): Promise<Execution | null> =>
  db.one<Execution>({
    name: `action-execution${db.scope.reach === 'simulated' ? '-simulated' : ''}`,
    sql: `select ${columns}, ${stepsSql} from action_execution e where e.id = $1${reach(db)}`,
    parameters: [id],
  });

/** Those that could have gone on since then and were not touched. */
export const selectUnfinished = (db: ReadDb, since: Date, limit: number): Promise<{ id: string }[]> =>
  db.query({
    name: 'action-unfinished',
    sql: `select id from action_execution
      where (state not in ('planned', 'waiting', 'succeeded', 'rolled-back', 'failed', 'refused', 'undecided')
          or state = 'undecided' and exists (select 1 from action_guards_of(tenant_id) g where g.killed))
        and updated_at <= $1 and (due_at is null or due_at <= $1)
      order by requested_at limit $2`,
    parameters: [since, limit],
  });

export const selectWaitingWith = (db: ReadDb, tenantId: string, planHash: string, requesterId: string) =>
  db.one<{ id: string }>({
    name: 'action-waiting-with',
    sql: `select id from action_execution where tenant_id = $1 and plan_hash = $2 and requester_id = $3 and state = 'waiting'
      order by requested_at desc limit 1`,
    parameters: [tenantId, planHash, requesterId],
  });

export const selectLog = (db: ReadDb, id: string) =>
  db.query<{ seq: number; at: string; level: string; said: string }>({
    name: 'action-log',
    sql: 'select seq, at, level, said from action_log where execution_id = $1 order by seq limit 1000',
    parameters: [id],
  });
