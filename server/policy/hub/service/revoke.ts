import type { CommandContext } from '#kernel/trpc/context.ts';
import { noSuchPolicy, nothingActive } from '../errors.ts';
import { policyEvent } from '../events.ts';
import { findPolicy } from '../store/policies.ts';
import { markRevoking } from '../store/rollouts.ts';

/** Asks the hub to take a policy out of service everywhere: no quorum, no staging, and no version of it comes back. */
export async function revokePolicy(
  ctx: CommandContext,
  input: { id: string; reason: string },
): Promise<{ id: string; version: number }> {
  const policy = await findPolicy(ctx.db, input.id);
  if (!policy) throw noSuchPolicy(input.id);
  if (policy.activeVersion === null) throw nothingActive(input.id);
  await ctx.commit(
    policyEvent(
      'policy.revoking',
      { id: policy.id, tenantId: policy.tenantId },
      { reason: input.reason, version: policy.activeVersion },
      'revocation',
    ),
    tx => markRevoking(tx, policy.id, input.reason, ctx.clock.now()),
    policy.tenantId === null ? {} : { tenantId: policy.tenantId },
  );
  return { id: policy.id, version: policy.activeVersion };
}
