import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Question } from '#kernel/policy/evaluate.ts';
import type { PolicyKind } from '#kernel/policy/kinds.ts';

export interface StoredDraft {
  policyId: string;
  tenantId: string | null;
  content: { [key: string]: unknown };
  baseVersion: number;
  author: string;
  updatedAt: string;
}

const columns = `policy_id as "policyId", tenant_id as "tenantId", content, base_version as "baseVersion", author,
  updated_at as "updatedAt"`;

export const findDraft = (db: ReadDb, id: string): Promise<StoredDraft | null> =>
  db.one({ sql: `select ${columns} from policy_draft where policy_id = $1`, parameters: [id] });

export const selectDrafts = (db: ReadDb): Promise<StoredDraft[]> =>
  db.query({ sql: `select ${columns} from policy_draft order by updated_at desc limit 200`, parameters: [] });

/** False where another namespace has a draft of that id, which whoever saves may not even see. */
export async function saveDraftRow(
  tx: Tx,
  { policyId, tenantId, ...draft }: Omit<StoredDraft, 'updatedAt'>,
  now: Date,
): Promise<boolean> {
  const data = { ...draft, content: draft.content as object, updatedAt: now };
  const changed = await tx.policyDraft.updateMany({ where: { policyId, tenantId }, data });
  if (changed.count > 0) return true;
  const made = await tx.policyDraft.createMany({
    data: [{ ...data, policyId, tenantId }],
    skipDuplicates: true,
  });
  return made.count > 0;
}

/** How many there were. */
export const deleteDraft = async (tx: Tx, policyId: string): Promise<number> =>
  (await tx.policyDraft.deleteMany({ where: { policyId } })).count;

export interface RecordedDecision {
  at: string;
  question: Question;
  effect: string;
  weight: number;
}

export const recordedDecisions = (
  db: ReadDb,
  kind: PolicyKind,
  since: Date,
  limit: number,
): Promise<RecordedDecision[]> =>
  db.query({
    sql: `select at, question, effect, weight from policy_decision where kind = $1 and at >= $2 order by at desc, id desc limit $3`,
    parameters: [kind, since, limit],
  });
