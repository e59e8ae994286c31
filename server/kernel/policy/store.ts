import type { Tx } from '../db/database.ts';
import type { Question } from './evaluate.ts';
import type { PolicyKind } from './kinds.ts';

export interface DecisionRow {
  at: Date;
  kind: PolicyKind;
  tenantId: string | null;
  question: Question;
  effect: string;
  under: { policy: string; version: number }[];
  /** How many questions this one stands for. */
  weight: number;
}

export const insertDecisions = (tx: Tx, rows: readonly DecisionRow[]) =>
  tx.policyDecision.createMany({
    data: rows.map(row => ({ ...row, question: { ...row.question } as object })),
  });

export const pruneDecisions = (tx: Tx, before: Date) =>
  tx.policyDecision.deleteMany({ where: { at: { lt: before } } });
