import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { RuleDefinition, RuleRow } from '../schema/rules.ts';

export const selectRules = (db: ReadDb): Promise<RuleRow[]> =>
  db.query<RuleRow>({
    name: 'risk-rules',
    sql: `select id, version, enabled, definition, updated_at as "updatedAt", updated_by as "updatedBy" from risk_rule order by id`,
    parameters: [],
  });

export const selectRuleVersions = (db: ReadDb, id: string) =>
  db.query<{
    id: string;
    version: number;
    enabled: boolean;
    definition: RuleDefinition;
    at: string;
    by: string;
  }>({
    name: 'risk-rule-versions',
    sql: `select rule_id as id, version, enabled, definition, at, by from risk_rule_version where rule_id = $1
      order by version desc limit 200`,
    parameters: [id],
  });

export interface RuleChange {
  id: string;
  version: number;
  enabled: boolean;
  definition: RuleDefinition;
  by: string;
  at: Date;
}

/** False when it is there already, or somebody else changed it since. */
export async function writeRule(tx: Tx, change: RuleChange): Promise<boolean> {
  const { id, version, enabled, definition, by, at } = change;
  const fields = { version, enabled, definition, updatedAt: at, updatedBy: by };
  const { count } =
    version === 1
      ? await tx.riskRule.createMany({ data: [{ id, ...fields }], skipDuplicates: true })
      : await tx.riskRule.updateMany({ where: { id, version: version - 1 }, data: fields });
  if (count === 0) return false;
  await tx.riskRuleVersion.create({
    data: { ruleId: id, version, enabled, definition, at, by },
    select: { version: true },
  });
  return true;
}
