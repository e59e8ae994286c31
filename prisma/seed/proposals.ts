import type { CommandContext } from '#kernel/trpc/context.ts';
import { contextInput } from '#server/governance/reasoner/schema.ts';
import { seedContext } from '#server/governance/reasoner/service.ts';
import { demoTenants } from './tenants.ts';

const contexts = [
  { id: 'c1', title: 'The last hour, every action', windowMinutes: 60 },
  { id: 'ctx1', title: 'The last three hours, nothing that cannot be taken back', windowMinutes: 180 },
];
const reversible = [
  'scale',
  'restart',
  'rollback',
  'failover',
  'policy-rollback',
  'cordon',
  'drain',
] as const;

export async function seedProposals(ctx: CommandContext): Promise<void> {
  for (const tenant of demoTenants)
    for (const context of contexts)
      await seedContext(
        ctx,
        contextInput.parse({
          ...context,
          tenant_id: tenant,
          actions: context.id === 'ctx1' ? reversible : [],
        }),
      );
}
