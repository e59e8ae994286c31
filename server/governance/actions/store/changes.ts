import type { Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { ExecutionState } from '../schema.ts';
import type { Execution, KeptStep } from './executions.ts';

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
