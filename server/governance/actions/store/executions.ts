import type { ActionPlan } from '#kernel/actions/plan.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
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
  canary: { fraction: number; samples?: CanarySamples; card?: Json; verdict?: string } | null;
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
      where state not in ('planned', 'waiting', 'succeeded', 'rolled-back', 'failed', 'refused', 'undecided')
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

export interface NewExecution
  extends Omit<
    Execution,
    | 'state'
    | 'step'
    | 'version'
    | 'snapshotHash'
    | 'manifest'
    | 'outcome'
    | 'failure'
    | 'stop'
    | 'dueAt'
    | 'tries'
    | 'requestedAt'
    | 'startedAt'
    | 'endedAt'
    | 'realised'
    | 'approvalId'
    | 'steps'
  > {
  steps: Pick<KeptStep, 'n' | 'action' | 'target' | 'params' | 'driver'>[];
}

const asJson = (value: unknown) => value as Prisma.InputJsonValue;

export async function nextId(tx: Tx): Promise<string> {
  const [row] = await tx.$queryRaw<{ n: bigint }[]>`select nextval('action_execution_number') as n`;
  return `e${row?.n ?? 0}`;
}

export async function insertExecution(tx: Tx, row: NewExecution, now: Date): Promise<void> {
  const { steps, plan, origin, assessment, versions, ...plain } = row;
  await tx.actionExecution.create({
    data: {
      ...plain,
      plan: asJson(plan),
      origin: asJson(origin),
      assessment: asJson(assessment),
      versions: asJson(versions),
      state: 'planned',
      requestedAt: now,
      updatedAt: now,
    },
  });
  await tx.actionStep.createMany({
    data: steps.map(step => ({
      ...step,
      params: asJson(step.params),
      executionId: row.id,
      tenantId: row.tenantId,
      state: 'pending',
    })),
  });
}

export interface Change {
  state?: ExecutionState;
  step?: number;
  approvalId?: string;
  snapshotHash?: string;
  manifest?: Json;
  outcome?: string;
  failure?: string | null;
  stop?: string;
  dueAt?: Date | null;
  tries?: number;
  startedAt?: Date;
  endedAt?: Date;
  realised?: Json;
}
export type StepChange = Partial<
  Omit<KeptStep, 'n' | 'action' | 'target' | 'params' | 'driver' | 'orderedAt' | 'endedAt'>
> & {
  n: number;
  orderedAt?: Date;
  endedAt?: Date;
};

/** False where somebody else has taken it further since `version`. */
export async function updateExecution(
  tx: Tx,
  { id, version }: { id: string; version: number },
  change: Change,
  steps: readonly StepChange[],
  now: Date,
): Promise<boolean> {
  const { manifest, realised, ...plain } = change;
  const { count } = await tx.actionExecution.updateMany({
    where: { id, version },
    data: {
      ...plain,
      ...(manifest === undefined ? {} : { manifest: asJson(manifest) }),
      ...(realised === undefined ? {} : { realised: asJson(realised) }),
      version: version + 1,
      updatedAt: now,
    },
  });
  if (count !== 1) return false;
  for (const { n, ...data } of steps)
    await tx.actionStep.update({
      where: { executionId_n: { executionId: id, n } },
      data: Object.fromEntries(
        Object.entries(data).map(([key, value]) => [
          key,
          typeof value === 'object' && value !== null && !(value instanceof Date) ? asJson(value) : value,
        ]),
      ) as Prisma.ActionStepUpdateInput,
    });
  return true;
}

export async function addLog(
  tx: Tx,
  { id, tenantId }: { id: string; tenantId: string },
  lines: readonly { level: 'info' | 'warning' | 'error'; said: string }[],
  now: Date,
): Promise<void> {
  if (lines.length === 0) return;
  // The execution's own row is locked by the update before: the numbers cannot meet.
  const [last] = await tx.$queryRaw<
    { seq: number }[]
  >`select coalesce(max(seq), 0) as seq from action_log where execution_id = ${id}`;
  await tx.actionLog.createMany({
    data: lines.map((line, i) => ({
      executionId: id,
      tenantId,
      seq: (last?.seq ?? 0) + i + 1,
      at: now,
      level: line.level,
      said: line.said.slice(0, 2000),
    })),
  });
}

export const selectLog = (db: ReadDb, id: string) =>
  db.query<{ seq: number; at: string; level: string; said: string }>({
    name: 'action-log',
    sql: 'select seq, at, level, said from action_log where execution_id = $1 order by seq limit 1000',
    parameters: [id],
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
