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

/** A first score under a name that stays, for tenants of the simulated world. */
export async function seedScores(ctx: CommandContext, tenants: readonly string[]): Promise<void> {
  for (const tenantId of tenants) {
    if (await selectRisk(ctx.db, tenantId, 'r1')) continue;
    const { rows } = await scoreNow(ctx, tenantId, [null], () => 'r1');
    await ctx.commit(
      { ...plainEvent('risk.scored', { tenants: [tenantId] }), tenantId },
      tx => insertRisks(tx, rows),
      {
        tenantId,
      },
    );
  }
}
