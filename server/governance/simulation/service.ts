import type { ActionPlan } from '#kernel/actions/plan.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { loadWorld } from '#server/world/state.ts';
import { badStep, noSuchRun } from './errors.ts';
import { trySandboxOn } from './rules/sandbox.ts';
import type { GateRow } from './schema/replay.ts';
import type { SandboxResult } from './schema/sandbox.ts';
import { findGate } from './store/runs.ts';

export { judgeCanary } from './rules/judge.ts';

/** What a plan would do, tried on a copy of the world as it is now. Writes nothing; takes a few milliseconds. */
export async function trySandbox(
  ctx: ReadContext,
  plan: ActionPlan,
  { minutes = 15 }: { minutes?: number } = {},
): Promise<SandboxResult> {
  const { tenantId } = ctx.scope;
  if (tenantId !== undefined && tenantId !== plan.tenantId) throw noSuchRun(plan.tenantId);
  const now = ctx.clock.now();
  const { refused, ...result } = trySandboxOn(await loadWorld(ctx.db, now), plan, now.getTime(), minutes);
  const [first] = refused;
  if (first) throw badStep(first.step, first.reason);
  return result;
}

/** What replays of history allow this tenant's action to do without a person; `null` = nothing was replayed yet: as the policies say. */
export const readAutonomyGate = (
  ctx: ReadContext,
  tenantId: string,
  action: string,
): Promise<GateRow | null> => findGate(ctx.db, tenantId, action);
