import type { CommandContext } from '#kernel/trpc/context.ts';
import { listExecutionsInput } from '#server/governance/actions/schema.ts';
import { listExecutions } from '#server/governance/actions/service/read.ts';
import { requestExecution } from '#server/governance/actions/service.ts';

/** The first execution of the demo world, e1: of high risk, so that it waits for somebody to agree. */
export async function seedActions(ctx: CommandContext): Promise<void> {
  const { rows } = await listExecutions(ctx, listExecutionsInput.parse({ limit: 1 }));
  if (rows.length > 0) return;
  await requestExecution(ctx, {
    plan: { tenantId: 't1', steps: [{ action: 'scale', target: 't1-web', params: { replicas: 12 } }] },
    dryRun: false,
    origin: { kind: 'runbook' },
    reason: 'A sale is announced for tonight',
  });
}
