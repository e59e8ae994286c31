import { type ApprovalPolicyDeclaration, approvalPolicy } from '#kernel/approvals/policy.ts';
import type { ReadDb } from '#kernel/db/database.ts';
import type { Terms } from '../schema.ts';
import { findEdited } from '../store/policies.ts';

export interface InForce {
  policy: ApprovalPolicyDeclaration;
  version: number;
  terms: Terms;
}

/** As edited last, or as declared. */
export async function termsInForce(db: ReadDb, id: string): Promise<InForce> {
  const policy = approvalPolicy(id);
  const edited = await findEdited(db, id);
  return { policy, version: edited?.version ?? 1, terms: edited?.terms ?? policy.terms };
}
