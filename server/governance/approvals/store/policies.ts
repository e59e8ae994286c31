import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Terms } from '../schema.ts';

export interface EditedTerms {
  id: string;
  version: number;
  terms: Terms;
  changedBy: string;
  changedAt: string;
}

export const selectEdited = (db: ReadDb): Promise<EditedTerms[]> =>
  db.query<EditedTerms>({
    name: 'approval-policies',
    sql: `select distinct on (id) id, version, terms, changed_by as "changedBy", changed_at as "changedAt"
      from approval_policy order by id, version desc`,
    parameters: [],
  });

export const findEdited = (db: ReadDb, id: string): Promise<EditedTerms | null> =>
  db.one<EditedTerms>({
    name: 'approval-policy',
    sql: `select id, version, terms, changed_by as "changedBy", changed_at as "changedAt" from approval_policy
      where id = $1 order by version desc limit 1`,
    parameters: [id],
  });

/** False when somebody else edited it since. */
export async function insertTerms(
  tx: Tx,
  row: { id: string; version: number; terms: Terms; reason: string; changedBy: string; changedAt: Date },
): Promise<boolean> {
  const { count } = await tx.approvalPolicy.createMany({
    data: [{ ...row, terms: row.terms as object }],
    skipDuplicates: true,
  });
  return count === 1;
}
