import type { Tx } from '../db/database.ts';
import type { Queryable } from './nodes.ts';

export interface WitnessRule {
  /** How many witnesses must have cosigned one and the same checkpoint. */
  required: number;
  /** How long a checkpoint may wait for them. */
  withinMinutes: number;
}

export async function readWitnessRule(db: Queryable): Promise<WitnessRule> {
  const { rows } = await db.query({
    name: 'ledger-witness-rule',
    text: 'select required, within_minutes as "withinMinutes" from ledger_witness_rule',
  });
  return rows[0] ?? { required: 0, withinMinutes: 0 };
}

export async function saveWitnessRule(tx: Tx, rule: WitnessRule, at: Date): Promise<void> {
  await tx.ledgerWitnessRule.upsert({
    where: { id: true },
    create: { ...rule, at },
    update: { ...rule, at },
  });
}
