import type { CommandContext } from '#kernel/trpc/context.ts';
import { seedExecution } from '#server/governance/approvals/service/executions.ts';

/** An execution of the simulated world that waits for an approval. */
export const seedApprovals = (ctx: CommandContext): Promise<void> =>
  seedExecution(ctx, {
    id: 'e1',
    tenantId: 't1',
    title: 'Scale service-x of t1 from 2 to 3 replicas',
    service: 'service-x',
    replicas: 2,
    wanted: 3,
  });
