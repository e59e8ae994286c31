import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { PolicyScope } from '#kernel/policy/kinds.ts';

export interface OpenRollout {
  id: string;
  policyId: string;
  tenantId: string | null;
  version: number;
  hash: string;
  strict: boolean;
  state: 'waiting' | 'staged';
  quorum: number;
  deadlineMs: number;
  publishedAt: string;
  stagedAt: string | null;
  kind: string;
  scope: PolicyScope;
  content: Buffer;
  statement: string;
}

export interface StoredMember {
  rolloutId: string;
  relayId: string;
  leaseUntil: string;
  ack: 'none' | 'staged' | 'refused';
  reason: string | null;
}

export const openRollouts = (db: ReadDb): Promise<OpenRollout[]> =>
  db.query({
    name: 'policy-rollouts-open',
    sql: `select r.id, r.policy_id as "policyId", r.tenant_id as "tenantId", r.version, r.hash, r.strict, r.state, r.quorum,
      r.deadline_ms as "deadlineMs", r.published_at as "publishedAt", r.staged_at as "stagedAt", p.kind, p.scope,
      v.content, v.statement
      from policy_rollout r join policy p on p.id = r.policy_id
      join policy_version v on v.policy_id = r.policy_id and v.version = r.version
      where r.state in ('waiting', 'staged') order by r.published_at, r.id`,
    parameters: [],
  });

/** Oldest first, as they were activated. */
export const lastActivated = (
  db: ReadDb,
): Promise<{ id: string; kind: string; hash: string; publishedAt: string }[]> =>
  db.query({
    sql: `select * from (select r.id, p.kind, r.hash, r.published_at as "publishedAt", r.decided_at
      from policy_rollout r join policy p on p.id = r.policy_id
      where r.state = 'active' order by r.decided_at desc limit 500) last order by decided_at`,
    parameters: [],
  });

export const membersOf = (db: ReadDb, rollouts: readonly string[]): Promise<StoredMember[]> =>
  db.query({
    sql: `select rollout_id as "rolloutId", relay_id as "relayId", lease_until as "leaseUntil", ack, reason
      from policy_rollout_member where rollout_id = any($1)`,
    parameters: [rollouts],
  });

/** False when it is not waiting any more. */
export async function markStaged(
  tx: Tx,
  id: string,
  members: readonly { relay: string; leaseUntil: number }[],
  now: Date,
): Promise<boolean> {
  const { count } = await tx.policyRollout.updateMany({
    where: { id, state: 'waiting' },
    data: { state: 'staged', stagedAt: now },
  });
  if (count === 0) return false;
  await tx.policyRolloutMember.createMany({
    data: members.map(m => ({ rolloutId: id, relayId: m.relay, leaseUntil: new Date(m.leaseUntil) })),
  });
  return true;
}

/** The commit point of an activation: one conditional update. False when somebody else decided first. */
export async function decideRollout(
  tx: Tx,
  id: string,
  to: { state: 'active'; epoch: number } | { state: 'withdrawn'; reason: string },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.policyRollout.updateMany({
    where: { id, state: to.state === 'active' ? 'staged' : { in: ['waiting', 'staged'] } },
    data: { ...to, decidedAt: now },
  });
  return count === 1;
}

export const activeEpoch = async (db: ReadDb): Promise<number> =>
  (
    await db.one<{ epoch: number }>({
      sql: 'select coalesce(max(epoch), 0) as epoch from policy_activation',
      parameters: [],
    })
  )?.epoch ?? 0;

export async function nextEpoch(tx: Tx): Promise<number> {
  const { _max } = await tx.policyActivation.aggregate({ _max: { epoch: true } });
  return (_max.epoch ?? 0) + 1;
}

/** The history of what was active: the one before ends at the instant at which this one begins. */
export async function recordActivation(
  tx: Tx,
  rollout: Pick<OpenRollout, 'policyId' | 'tenantId' | 'version' | 'hash' | 'scope'>,
  epoch: number,
  now: Date,
): Promise<void> {
  const { policyId, tenantId, version, hash, scope } = rollout;
  await tx.policyActivation.updateMany({ where: { policyId, until: null }, data: { until: now } });
  await tx.policyActivation.create({ data: { epoch, policyId, tenantId, version, hash, scope, from: now } });
  await tx.policyVersion.updateMany({ where: { policyId, state: 'active' }, data: { state: 'superseded' } });
  await tx.policyVersion.updateMany({ where: { policyId, version }, data: { state: 'active' } });
  await tx.policy.update({
    where: { id: policyId },
    data: { state: 'active', activeVersion: version, activeHash: hash, activeEpoch: epoch, updatedAt: now },
  });
}

/** A newer version of the same policy overtakes those that still wait. */
export async function recordWithdrawal(tx: Tx, policyId: string, version: number, now: Date): Promise<void> {
  await tx.policyVersion.updateMany({ where: { policyId, version }, data: { state: 'withdrawn' } });
  await tx.policy.update({ where: { id: policyId }, data: { updatedAt: now } });
}

export async function recordRevocation(
  tx: Tx,
  policy: { id: string; tenantId: string | null; version: number; hash: string; scope: PolicyScope },
  epoch: number,
  now: Date,
): Promise<void> {
  await tx.policyActivation.updateMany({ where: { policyId: policy.id, until: null }, data: { until: now } });
  // The epoch is spent on the end, so that history shows when the revocation took hold.
  await tx.policyActivation.create({
    data: {
      epoch,
      policyId: policy.id,
      tenantId: policy.tenantId,
      version: policy.version,
      hash: policy.hash,
      scope: policy.scope,
      from: now,
      until: now,
      revoked: true,
    },
  });
  await tx.policyVersion.updateMany({
    where: { policyId: policy.id, state: { in: ['active', 'staging', 'superseded'] } },
    data: { state: 'revoked' },
  });
  await tx.policyRollout.updateMany({
    where: { policyId: policy.id, state: { in: ['waiting', 'staged'] } },
    data: { state: 'withdrawn', reason: 'The policy was revoked.', decidedAt: now },
  });
  await tx.policy.update({
    where: { id: policy.id },
    data: {
      state: 'revoked',
      activeVersion: null,
      activeHash: null,
      activeEpoch: epoch,
      revoking: null,
      updatedAt: now,
    },
  });
}

export interface MemberAck {
  rolloutId: string;
  relayId: string;
  phase: 'staged' | 'active' | 'refused';
  reason: string | null;
  at: Date;
}

/** Acknowledgements in one statement, whatever their number. A relay that was no member adds nothing. */
export async function saveMemberAcks(tx: Tx, acks: readonly MemberAck[]): Promise<void> {
  await tx.$executeRaw`
    update policy_rollout_member m set
      ack = case a.phase when 'refused' then 'refused' else 'staged' end,
      reason = coalesce(a.reason, m.reason),
      staged_at = case when a.phase = 'staged' then coalesce(m.staged_at, a.at) else m.staged_at end,
      active_at = case when a.phase = 'active' then coalesce(m.active_at, a.at) else m.active_at end
    from jsonb_to_recordset(${JSON.stringify(acks)}::jsonb)
      as a("rolloutId" text, "relayId" text, phase text, reason text, at timestamptz)
    where m.rollout_id = a."rolloutId" and m.relay_id = a."relayId"
      and (a.phase <> 'refused' or m.staged_at is null)`;
}

export async function markRevoking(tx: Tx, id: string, reason: string, now: Date): Promise<void> {
  await tx.policy.update({ where: { id }, data: { revoking: reason, updatedAt: now } });
}

export interface Revocation {
  id: string;
  tenantId: string | null;
  version: number;
  hash: string;
  scope: PolicyScope;
  reason: string;
}

export const openRevocations = (db: ReadDb): Promise<Revocation[]> =>
  db.query({
    name: 'policy-revocations-open',
    sql: `select id, tenant_id as "tenantId", latest_version as version, coalesce(active_hash, '') as hash, scope,
      revoking as reason from policy where revoking is not null and state <> 'revoked'`,
    parameters: [],
  });
