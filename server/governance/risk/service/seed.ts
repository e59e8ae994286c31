import type { CommandContext } from '#kernel/trpc/context.ts';
import { plainEvent, ruleEvent } from '../events.ts';
import { shippedRules } from '../rules/shipped.ts';
import { insertRisks, selectRisk } from '../store/risks.ts';
import { selectRules, writeRule } from '../store/rules.ts';
import { scoreNow } from './current.ts';

/** The rules of a fresh console, once: what people made of them since is theirs. */
export async function seedRules(ctx: CommandContext): Promise<void> {
  if ((await selectRules(ctx.db)).length > 0) return;
  for (const { id, definition } of shippedRules)
    await ctx.commit(ruleEvent('rule.created', id, { title: definition.title, version: 1 }), tx =>
      writeRule(tx, { id, version: 1, enabled: true, definition, by: 'system:seed', at: ctx.clock.now() }),
    );
}

export const hasScore = async (ctx: CommandContext, tenantId: string, id: string): Promise<boolean> =>
  (await selectRisk(ctx.db, tenantId, id)) !== null;

/** A first score under a name that stays. */
export async function seedScore(ctx: CommandContext, tenantId: string, id: string): Promise<void> {
  const { rows } = await scoreNow(ctx, tenantId, [null], () => id);
  await ctx.commit(
    { ...plainEvent('risk.scored', { tenants: [tenantId] }), tenantId },
    tx => insertRisks(tx, rows),
    { tenantId },
  );
}
