import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchRule, ruleTaken, staleRule } from '../errors.ts';
import { ruleEvent } from '../events.ts';
import type { RuleRow, SaveRuleInput } from '../schema/rules.ts';
import { selectRules, selectRuleVersions, writeRule } from '../store/rules.ts';

export const listRules = async (ctx: ReadContext): Promise<{ rows: RuleRow[] }> => ({
  rows: await selectRules(ctx.db),
});

export async function readRuleVersions(ctx: ReadContext, id: string) {
  const rows = await selectRuleVersions(ctx.db, id);
  if (rows.length === 0) throw noSuchRule(id);
  return { rows };
}

const find = async (ctx: ReadContext, id: string) =>
  (await selectRules(ctx.db)).find(rule => rule.id === id) ?? null;

/** A new version each time: what a rule said when it fired can be read for ever. */
export async function saveRule(ctx: CommandContext, input: SaveRuleInput): Promise<RuleRow> {
  const { id, enabled, definition } = input;
  const current = await find(ctx, id);
  if (input.version === 0 && current) throw ruleTaken(id);
  if (input.version > 0 && current?.version !== input.version) throw staleRule(current);
  if (
    current &&
    current.enabled === enabled &&
    JSON.stringify(sorted(current.definition)) === JSON.stringify(sorted(definition))
  ) {
    ctx.unchanged();
    return current;
  }
  const version = input.version + 1;
  const by = `${ctx.principal.kind}:${ctx.principal.id}`;
  await ctx.commit(
    ruleEvent(version === 1 ? 'rule.created' : 'rule.changed', id, {
      title: definition.title,
      version,
      enabled,
    }),
    async tx => {
      if (!(await writeRule(tx, { id, version, enabled, definition, by, at: ctx.clock.now() })))
        throw version === 1 ? ruleTaken(id) : staleRule(current);
    },
  );
  return { id, version, enabled, definition, updatedAt: ctx.clock.now().toISOString(), updatedBy: by };
}

/** jsonb gives keys back in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
