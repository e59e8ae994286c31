import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import { env } from '#kernel/env/env.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { noSuchPolicy, nothingActive } from '../errors.ts';
import { policyEvent } from '../events.ts';
import { findPolicy } from '../store/policies.ts';
import { markRevoking } from '../store/rollouts.ts';
import { reachOf } from './publish.ts';

/** Asks the hub to take a policy out of service everywhere: no quorum, no staging, and no version of it comes back. */
export async function revokePolicy(
  ctx: CommandContext,
  input: { id: string; reason: string },
): Promise<{ id: string; version: number } | ApprovalRequired> {
  const policy = await findPolicy(ctx.db, input.id);
  if (!policy) throw noSuchPolicy(input.id);
  if (policy.activeVersion === null) throw nothingActive(input.id);
  const waits = await ctx.requireApproval('policy.revoke', {
    title: `Revoke the policy ${policy.id} everywhere`,
    subject: { kind: 'policy', id: policy.id },
    scope: {
      ...(policy.tenantId === null ? { global: true as const } : { tenantId: policy.tenantId }),
      target: { active: policy.activeVersion },
    },
    facts: reachOf(),
    reason: input.reason,
    plan: ['Take it out of service on every relay at once, without staging and without a quorum'],
    blast: `Every relay that holds ${policy.id}. No version of it up to now comes back.`,
    ...(env().simulation ? { simulated: true as const } : {}),
  });
  if (waits) return waits;
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
