import type { CommandContext } from '#kernel/trpc/context.ts';
import type { Accepted, ExecuteInput } from '../schema.ts';
import { acceptedOf, planOf, requestExecution } from './request.ts';

/** The request from outside, in either of its forms. */
export async function execute(ctx: CommandContext, input: ExecuteInput): Promise<Accepted> {
  const { plan, filledIn } = await planOf(ctx, input);
  const kind = ctx.principal.kind === 'user' ? 'person' : 'service';
  const made = await requestExecution(ctx, {
    plan,
    dryRun: input.dry_run,
    origin: input.origin ?? { kind },
    reason: input.reason,
  });
  if (input.dry_run === undefined && made.dryRun) filledIn.push('dry_run: true, the default here');
  return acceptedOf(made, null, filledIn);
}
