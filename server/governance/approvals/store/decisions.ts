import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Decision } from '../schema.ts';

export interface ChallengeRow {
  id: string;
  requestId: string;
  userId: string;
  decision: Decision;
  challenge: Buffer;
  expiresAt: string;
  spentAt: string | null;
}

export async function insertChallenge(
  tx: Tx,
  row: {
    id: string;
    requestId: string;
    userId: string;
    decision: Decision;
    challenge: Buffer;
    expiresAt: Date;
  },
): Promise<void> {
  await tx.approvalChallenge.create({ data: { ...row, challenge: Uint8Array.from(row.challenge) } });
}

export const findChallenge = (db: ReadDb, id: string, userId: string): Promise<ChallengeRow | null> =>
  db.one<ChallengeRow>({
    name: 'approval-challenge',
    sql: `select id, request_id as "requestId", user_id as "userId", decision, challenge, expires_at as "expiresAt",
      spent_at as "spentAt" from approval_challenge where id = $1 and user_id = $2`,
    parameters: [id, userId],
  });

/** In the transaction of what it was given for: a factor's answer holds once. */
export async function spendChallenge(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.approvalChallenge.updateMany({
    where: { id, spentAt: null, expiresAt: { gt: now } },
    data: { spentAt: now },
  });
  return count === 1;
}

export async function pruneChallenges(tx: Tx, before: Date): Promise<void> {
  await tx.approvalChallenge.deleteMany({ where: { expiresAt: { lt: before } } });
}

export interface NewDecision {
  id: string;
  requestId: string;
  decision: Decision;
  approverId: string;
  authorityId: string;
  method: string;
  reason: string | null;
  token: string;
  tokenId: string;
  keyId: string;
  at: Date;
}

export async function insertDecision(tx: Tx, row: NewDecision): Promise<void> {
  await tx.approvalDecision.create({ data: row });
}

export const tokenSpent = async (tx: Tx, tokenId: string): Promise<boolean> =>
  (await tx.approvalDecision.count({ where: { tokenId } })) > 0;

export async function insertReview(
  tx: Tx,
  row: {
    id: string;
    requestId: string;
    policyId: string;
    userId: string;
    reason: string;
    openedAt: Date;
    dueAt: Date;
  },
): Promise<void> {
  await tx.approvalReview.create({ data: row });
}

/** Serialised by person and policy: two uses at the same moment must not both find nothing owed. */
export async function reviewOwed(tx: Tx, userId: string, policyId: string): Promise<boolean> {
  await tx.$queryRaw`select pg_advisory_xact_lock(418213364050)::text`;
  const open = await tx.approvalReview.count({
    where: { closedAt: null, OR: [{ userId }, { policyId }] },
  });
  return open > 0;
}

export interface ReviewRow {
  id: string;
  requestId: string;
  title: string;
  requesterKind: string;
  requesterId: string;
  userId: string;
  reason: string;
  openedAt: string;
  dueAt: string;
}

export const selectOpenReviews = (db: ReadDb): Promise<ReviewRow[]> =>
  db.query<ReviewRow>({
    name: 'approval-reviews',
    sql: `select v.id, v.request_id as "requestId", r.title, r.requester_kind as "requesterKind", r.requester_id as "requesterId",
      v.user_id as "userId", v.reason, v.opened_at as "openedAt", v.due_at as "dueAt"
      from approval_review v join approval_request r on r.id = v.request_id where v.closed_at is null order by v.due_at`,
    parameters: [],
  });

export const findReviewOf = (db: ReadDb, requestId: string) =>
  db.one<{ dueAt: string; closedAt: string | null; verdict: string | null; note: string | null }>({
    name: 'approval-review-of',
    sql: `select due_at as "dueAt", closed_at as "closedAt", verdict, note from approval_review where request_id = $1`,
    parameters: [requestId],
  });

export const owes = async (db: ReadDb, userId: string, policyId: string): Promise<boolean> =>
  (await db.one({
    name: 'approval-owes',
    sql: 'select 1 from approval_review where closed_at is null and (user_id = $1 or policy_id = $2)',
    parameters: [userId, policyId],
  })) !== null;

export async function closeReview(
  tx: Tx,
  id: string,
  by: string,
  verdict: string,
  note: string,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.approvalReview.updateMany({
    where: { id, closedAt: null },
    data: { closedAt: now, closedBy: by, verdict, note },
  });
  return count === 1;
}
