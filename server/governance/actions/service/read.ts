import type { ActionName } from '#kernel/actions/plan.ts';
import { irreversible } from '#kernel/actions/plan.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { asGuardRow } from '../rules/guards.ts';
import {
  type ExecutionDetail,
  type ExecutionRow,
  everybody,
  type ListExecutionsInput,
  type StepRow,
} from '../schema.ts';
import { type Execution, selectLog } from '../store/executions.ts';
import { selectFreezes, selectGuards, selectLocks } from '../store/guards.ts';
import { countExecutions, selectExecutions } from '../store/lists.ts';
import { type PastOutcome, selectPast } from '../store/outcomes.ts';
import { selectRealRun, selectTried, type Tried } from '../store/tried.ts';
import { whyNotRollback, whyNotRun, whyNotStop } from './commands.ts';
import { driversOf } from './drivers.ts';
import { present } from './request.ts';

export async function listExecutions(
  ctx: ReadContext,
  input: ListExecutionsInput,
): Promise<Listed<ExecutionRow>> {
  const [rows, total] = await Promise.all([
    selectExecutions(ctx.db, input),
    input.total ? countExecutions(ctx.db, input) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function readExecution(ctx: ReadContext, id: string): Promise<ExecutionDetail> {
  const row = await present(ctx, id);
  return detailOf(row, await selectLog(ctx.db, id));
}

interface Proposed {
  id: string;
  planHash: string;
}

export const dryRunsOf = (
  ctx: ReadContext,
  tenantId: string,
  proposals: readonly Proposed[],
): Promise<Tried[]> => selectTried(ctx.db, tenantId, proposals);

/** The execution that carries a proposal out, where it was asked for. */
export const runOfProposal = async (
  ctx: ReadContext,
  tenantId: string,
  proposal: Proposed,
): Promise<string | null> => (await selectRealRun(ctx.db, tenantId, proposal))?.id ?? null;

export function detailOf(row: Execution, log: ExecutionDetail['log']): ExecutionDetail {
  const { steps, versions: _versions, requesterKind: _kind, requesterId: _id, requesterName, ...rest } = row;
  return {
    ...rest,
    realised: row.realised as ExecutionDetail['realised'],
    exec_id: row.id,
    requester: requesterName,
    steps: steps.length,
    stepRows: steps.map(
      (step): StepRow => ({
        n: step.n,
        action: step.action as ActionName,
        target: step.target,
        params: step.params,
        driver: step.driver,
        state: step.state,
        reversible: !irreversible.has(step.action as ActionName),
        secret: step.driver === 'postgres' && step.action === 'rotate-keys' && step.state === 'verified',
        before: step.snapshot?.state ?? null,
        preview: step.preview,
        measured: step.measured,
        canary: step.canary as StepRow['canary'],
        note: step.note,
        orderedAt: step.orderedAt,
        endedAt: step.endedAt,
      }),
    ),
    log,
    whyNot: {
      run: whyNotRun(row),
      stop: whyNotStop(row),
      rollback: whyNotRollback(row),
      decide: row.state === 'undecided' ? null : 'There is nothing to decide.',
    },
  };
}

/** What became of the same action before, on one target or anywhere the caller may look: newest first. */
export const pastOutcomes = (
  ctx: ReadContext,
  action: ActionName,
  service?: string,
): Promise<PastOutcome[]> => selectPast(ctx.db, action, service ?? null, 50);

export async function listTargets(ctx: ReadContext, tenantId: string) {
  const found = await Promise.all(
    driversOf(ctx).map(async driver =>
      (await driver.targets(tenantId)).map(({ target, kind, region, state, simulated }) => ({
        target,
        kind,
        driver: driver.name,
        region,
        state,
        simulated,
      })),
    ),
  );
  const rows = found.flat();
  return { rows: ctx.scope.reach === 'simulated' ? rows.filter(row => row.simulated) : rows };
}

/** Kill switches, limits, freezes and locks, as they hold now. */
export async function readGuards(ctx: ReadContext) {
  const now = ctx.clock.now();
  // What holds for everybody holds for a tenant, too, and may be seen by it.
  const own = systemContext('actions', ctx.database, ctx.clock).db;
  const mine = (tenantId: string) =>
    ctx.scope.tenantId === undefined || tenantId === everybody || tenantId === ctx.scope.tenantId;
  const [settings, freezes, locks] = await Promise.all([
    selectGuards(own),
    selectFreezes(own, now),
    selectLocks(ctx.db, now),
  ]);
  const guards = settings.filter(s => mine(s.tenantId)).map(s => asGuardRow(s.tenantId, s));
  return {
    guards: guards.some(g => g.tenantId === everybody)
      ? guards
      : [asGuardRow(everybody, undefined), ...guards],
    freezes: freezes
      .filter(f => mine(f.tenantId))
      .map(f => ({ ...f, active: Date.parse(f.startsAt) <= now.getTime() })),
    locks,
  };
}
