import type { CommandContext } from '#kernel/trpc/context.ts';
import { seedRules, seedScores } from '#server/governance/risk/service.ts';

export async function seedRisk(ctx: CommandContext): Promise<void> {
  await seedRules(ctx);
  await seedScores(ctx, ['t1', 'test']);
}
