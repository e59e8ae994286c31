import type { CommandContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { checkBudgets, listBudgets, setBudget } from '#server/governance/cost/service/budgets.ts';
import { pullBills } from '#server/governance/cost/service/import.ts';
import { noteForecasts } from '#server/governance/cost/service/predictions.ts';

/** Five weeks of the simulated bill, and budgets for some of the demo tenants. */
export async function seedCosts(ctx: CommandContext): Promise<void> {
  const { added } = await pullBills(ctx);
  if (added > 0) await noteForecasts(ctx);
  if ((await listBudgets(ctx)).rows.length > 0) return;
  for (const tenantId of ['t1', 'acme-retail', 'borealis-bank', 'delta-games']) {
    const tenant = await readTenant(ctx, tenantId);
    if (tenant.monthlyBudget === null) continue;
    await setBudget(ctx, {
      tenantId,
      name: `${tenant.name}, all services`,
      service: null,
      amount: tenant.monthlyBudget,
      currency: 'EUR',
      thresholds: [50, 80, 100],
    });
  }
  await checkBudgets(ctx);
}
