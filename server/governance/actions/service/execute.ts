import type { CommandContext } from '#kernel/trpc/context.ts';
import { approveByToken } from '#server/governance/approvals/service/decide.ts';
import { planHash } from '../rules/manifest.ts';
import type { Accepted, ExecuteInput } from '../schema.ts';
import { selectWaitingWith } from '../store/executions.ts';
import { acceptedOf, openApproval, planOf, present, requestExecution } from './request.ts';

/** The request from outside, in either of its forms. */
export async function execute(ctx: CommandContext, input: ExecuteInput): Promise<Accepted> {
  const { plan, filledIn } = await planOf(ctx, input);
  if (input.approver_token !== undefined) {
    const waiting = await selectWaitingWith(ctx.db, plan.tenantId, planHash(plan), ctx.principal.id);
    if (waiting) return handInToken(ctx, waiting.id, input.approver_token, filledIn);
  }
  const kind = ctx.principal.kind === 'user' ? 'person' : 'service';
  const made = await requestExecution(ctx, {
    plan,
    dryRun: input.dry_run,
    origin: input.origin ?? { kind },
    reason: input.reason,
  });
  if (input.dry_run === undefined && made.dryRun) filledIn.push('dry_run: true, the default here');
  return acceptedOf(made, await openApproval(ctx, made), filledIn);
}

/** The same plan once more, with the signed word of an approver: of what waits already, and not a second time. */
async function handInToken(
  ctx: CommandContext,
  id: string,
  token: string,
  filledIn: string[],
): Promise<Accepted> {
  const { requestId } = await approveByToken(ctx, token);
  return acceptedOf(await present(ctx, id), requestId, filledIn);
}
