import type { CommandContext } from '#kernel/trpc/context.ts';
import { closeIntake } from '#server/governance/observability/service/intake.ts';
import { ingestEvents } from '#server/governance/observability/service.ts';
import { hasScore, seedRules, seedScore } from '#server/governance/risk/service.ts';
import { worldServices } from '#server/world/catalogue.ts';

/** Rules, and a first score of two tenants with the event that it rests on. */
export async function seedRisk(ctx: CommandContext): Promise<void> {
  await seedRules(ctx);
  for (const tenantId of ['t1', 'test']) {
    if (await hasScore(ctx, tenantId, 'r1')) continue;
    const service = worldServices.find(known => known.tenantId === tenantId)?.id;
    await ingestEvents(ctx, 'simulated', [
      {
        tenant_id: tenantId,
        id: `demo-cpu-${tenantId}`,
        event: 'cpu_spike',
        severity: 'high',
        ...(service ? { service } : {}),
        message: 'processor use is 96 percent, above 85 percent',
        attributes: { metric: 'cpu', value: 0.96, threshold: 0.85 },
      },
    ]);
    await seedScore(ctx, tenantId, 'r1');
  }
  await closeIntake(ctx.database);
}
