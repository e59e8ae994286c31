import type { ActionPlan } from '#kernel/actions/plan.ts';
import { actionPlanSchema, irreversible } from '#kernel/actions/plan.ts';
import { approvals } from '#kernel/approvals/port.ts';
import { env } from '#kernel/env/env.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { listApprovalsInput } from '#server/governance/approvals/schema.ts';
import { listApprovals } from '#server/governance/approvals/service/read.ts';
import {
  deniedByAutonomy,
  heldBackNow,
  missing,
  noSuchExecution,
  nothingToActOn,
  proposalHasRun,
} from '../errors.ts';
import { advanceJob, executionEvent } from '../events.ts';
import { approvalPolicies } from '../policy.ts';
import { approvalClass, planTitle } from '../rules/assess.ts';
import { planHash } from '../rules/manifest.ts';
import type { Accepted, ExecuteInput, Origin } from '../schema.ts';
import { addLog, insertExecution, type NewExecution, nextId, updateExecution } from '../store/changes.ts';
import { type Execution, findExecution } from '../store/executions.ts';
import { lockRealRun } from '../store/tried.ts';
import { type Weighed, weigh, whyHeldBack } from './assess.ts';
import { driversOf } from './drivers.ts';
import { predict } from './predict.ts';
import { questionOf, runCall } from './question.ts';

export interface ExecutionRequest {
  plan: ActionPlan;
  /** Absent: as production and the policies in force have it. */
  dryRun?: boolean | undefined;
  origin: Origin;
  reason?: string | undefined;
}

/** Puts an execution on its way: it runs at once, waits for people, or is refused; what was asked is kept in any case. */
export async function requestExecution(ctx: CommandContext, request: ExecutionRequest): Promise<Execution> {
  const { plan, origin } = request;
  const weighed = await weigh(ctx, plan);
  const { assessment } = weighed;
  const dryRun = request.dryRun ?? assessment.dryRunFirst;
  if (!dryRun && assessment.effect !== 'deny') {
    const held = await whyHeldBack(ctx, plan, '');
    if (held) throw heldBackNow(held.code, held.why, held.until);
  }
  const asks = !dryRun && assessment.needsApproval;
  const denied = !dryRun && assessment.effect === 'deny';
  const now = ctx.clock.now();
  const state = denied ? 'refused' : asks ? 'waiting' : 'authorised';
  const predicted = await predict(ctx, plan, weighed.placed);
  const row = newExecution(
    ctx,
    { ...weighed, assessment: { ...assessment, predicted } },
    { ...request, dryRun, asks },
  );
  const id = await ctx.commit(
    (made: string) =>
      executionEvent(
        denied ? 'execution.refused' : 'execution.requested',
        { ...row, id: made },
        {
          planHash: row.planHash,
          tier: row.tier,
          dryRun,
          origin: { ...origin } as { [key: string]: Json },
          blast: assessment.blast.words,
          state,
          ...(request.reason ? { reason: request.reason } : {}),
        },
        state === 'authorised' ? [advanceJob(made)] : [],
      ),
    async tx => {
      if (!dryRun && origin.kind === 'proposal' && origin.ref !== undefined) {
        const before = await lockRealRun(tx, plan.tenantId, origin.ref, row.planHash);
        if (before !== null) throw proposalHasRun(before);
      }
      const made = await nextId(tx);
      await insertExecution(tx, { ...row, id: made }, now);
      const outcome = denied ? `Denied by an autonomy policy. ${assessment.reasons.join(' ')}` : undefined;
      await updateExecution(
        tx,
        { id: made, version: 1 },
        { state, ...(outcome ? { outcome, endedAt: now } : {}) },
        [],
        now,
      );
      await addLog(
        tx,
        { id: made, tenantId: plan.tenantId },
        [
          { level: 'info', said: `Asked for by ${ctx.principal.name}: ${row.title}. Risk ${row.tier}.` },
          ...assessment.reasons.map(said => ({ level: 'info' as const, said })),
          ...(outcome ? [{ level: 'warning' as const, said: outcome }] : []),
        ],
        now,
      );
      return made;
    },
    { tenantId: plan.tenantId },
  );
  if (denied) throw deniedByAutonomy(assessment.reasons.join(' '));
  const made = await present(ctx, id);
  if (asks) await askForApproval(ctx, made, request.reason);
  return made;
}

function newExecution(
  ctx: CommandContext,
  { assessment, placed, environment }: Weighed,
  { plan, dryRun, origin, asks }: ExecutionRequest & { dryRun: boolean; asks: boolean },
): NewExecution {
  return {
    id: '',
    tenantId: plan.tenantId,
    title: planTitle(plan),
    plan,
    planHash: planHash(plan),
    dryRun,
    origin,
    requesterKind: ctx.principal.kind,
    requesterId: ctx.principal.id,
    requesterName: ctx.principal.name,
    environment,
    simulated: placed.every(p => p.found.simulated),
    tier: assessment.tier,
    assessment,
    versions: placed.map(p => p.found.version),
    policyId: asks ? approvalPolicies[approvalClass(assessment)] : null,
    steps: placed.map(({ step, driver }, n) => ({
      n,
      action: step.action,
      target: step.target,
      params: { ...step.params } as { [key: string]: Json },
      driver: driver.name,
    })),
  };
}

/** The same question as the release will ask: the command that runs it, and the versions it was planned on. */
async function askForApproval(ctx: CommandContext, row: Execution, reason?: string): Promise<void> {
  if (!row.policyId || ctx.principal.kind === 'system') return;
  const question = { ...questionOf(row, row.versions), ...(reason ? { reason } : {}) };
  await approvals().require(ctx, runCall(row.id), row.policyId, question);
}

/** The open request about it, if there is one and the caller may see it. */
export async function openApproval(ctx: ReadContext, row: Execution): Promise<string | null> {
  if (row.state !== 'waiting') return null;
  const own = systemContext('actions', ctx.database, ctx.clock);
  const { rows } = await listApprovals(
    own,
    listApprovalsInput.parse({ subject: `execution:${row.id}`, state: ['pending', 'approved'], limit: 1 }),
  );
  return rows[0]?.id ?? null;
}

/** Also where the caller's own lists would not show it: it was just made, or is about to be acted on by its id. */
export async function present(ctx: ReadContext, id: string): Promise<Execution> {
  const row = await findExecution(ctx.db, id);
  if (!row) throw noSuchExecution(id);
  return row;
}

/** The short form becomes a plan; what it left open is filled in and named. */
export async function planOf(
  ctx: ReadContext,
  input: ExecuteInput,
): Promise<{ plan: ActionPlan; filledIn: string[] }> {
  if (input.action_plan) return { plan: input.action_plan, filledIn: [] };
  const { action = 'dryrun', tenant_id: tenantId = '' } = input;
  const filledIn: string[] = [];
  const drivers = driversOf(ctx);
  let target = input.target;
  if (!target) {
    const all = (await Promise.all(drivers.map(driver => driver.targets(tenantId)))).flat();
    const first = all[0];
    if (!first) throw nothingToActOn(tenantId);
    target = first.target;
    filledIn.push(`target: ${target}, the busiest of ${tenantId}`);
  }
  const params = await paramsOf(action, target, input, tenantId, filledIn, drivers);
  const plan = actionPlanSchema.parse({ tenantId, steps: [{ action, target, params }] });
  return { plan, filledIn };
}

async function paramsOf(
  action: string,
  target: string,
  input: ExecuteInput,
  tenantId: string,
  filledIn: string[],
  drivers: ReturnType<typeof driversOf>,
): Promise<{ [key: string]: Json }> {
  const { to_version: version, to_region: region } = input;
  if (action === 'scale') {
    if (input.replicas !== undefined) return { replicas: input.replicas };
    const found = (await Promise.all(drivers.map(driver => driver.read(target, tenantId)))).find(f => f);
    const now = typeof found?.state.replicas === 'number' ? found.state.replicas : 0;
    filledIn.push(`replicas: ${now + 1}, one more than now`);
    return { replicas: now + 1 };
  }
  if (action === 'rollback') return version === undefined ? {} : { toVersion: String(version) };
  if (action === 'policy-rollback') {
    if (typeof version === 'number') return { toVersion: version };
    const found = (await Promise.all(drivers.map(driver => driver.read(target, tenantId)))).find(
      state => state?.kind === 'policy',
    );
    const before = found?.state.previous;
    if (version !== undefined || typeof before !== 'number')
      throw missing('to_version', 'Say to which version, as a number.');
    filledIn.push(`to_version: ${before}, which was in force before and says something else`);
    return { toVersion: before };
  }
  if (action === 'failover') {
    if (!region) throw missing('to_region', 'Say to which region.');
    return { toRegion: region };
  }
  return {};
}

export const acceptedOf = (row: Execution, approvalId: string | null, filledIn: string[]): Accepted => ({
  exec_id: row.id,
  state: row.state,
  dry_run: row.dryRun,
  simulated: row.simulated,
  plan: row.plan,
  plan_hash: row.planHash,
  tier: row.tier,
  needs_approval: row.policyId !== null,
  approval_id: approvalId,
  reversible: row.plan.steps.every(step => !irreversible.has(step.action)),
  blast: row.assessment.blast,
  reasons: row.assessment.reasons,
  filled_in: filledIn,
  link: `${env().publicUrl}/governance/executions/${row.id}`,
});
