import type { CommandContext } from '#kernel/trpc/context.ts';
import { approveByToken } from '#server/governance/approvals/service/decide.ts';
import { planHash } from '../rules/manifest.ts';
import type { Accepted, ExecuteInput, Origin } from '../schema.ts';
import { selectWaitingWith } from '../store/executions.ts';
import { acceptedOf, openApproval, planOf, present, requestExecution } from './request.ts';

/** The request from outside, in either of its forms. */
export async function execute(ctx: CommandContext, input: ExecuteInput): Promise<Accepted> {
  const { plan, filledIn } = await planOf(ctx, input);
  if (input.approver_token !== undefined) {
    const waiting = await selectWaitingWith(ctx.db, plan.tenantId, planHash(plan), ctx.principal.id);
    if (waiting) return handInToken(ctx, waiting.id, input.approver_token, filledIn);
  }
  const made = await requestExecution(ctx, {
    plan,
    dryRun: input.dry_run,
    origin: originOf(ctx, input.origin),
    reason: input.reason,
  });
  if (input.dry_run === undefined && made.dryRun) filledIn.push('dry_run: true, the default here');
  return acceptedOf(made, await openApproval(ctx, made), filledIn);
}

/** What it came from is said by who asks; who asks is not. */
function originOf(ctx: CommandContext, said: ExecuteInput['origin']): Origin {
  const kind = ctx.principal.kind === 'user' ? 'person' : 'service';
  return said === undefined || said.kind === 'person' || said.kind === 'service' ? { ...said, kind } : said;
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
