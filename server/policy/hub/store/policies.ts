import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { PolicyKind, PolicyScope } from '#kernel/policy/kinds.ts';

export interface StoredPolicy {
  id: string;
  kind: PolicyKind;
  tenantId: string | null;
  state: string;
  scope: PolicyScope;
  production: boolean;
  latestVersion: number;
  activeVersion: number | null;
  activeHash: string | null;
  activeEpoch: number | null;
  createdAt: string;
  updatedAt: string;
}

const columns = `id, kind, tenant_id as "tenantId", state, scope, production, latest_version as "latestVersion",
  active_version as "activeVersion", active_hash as "activeHash", active_epoch as "activeEpoch",
  created_at as "createdAt", updated_at as "updatedAt"`;

export const findPolicy = (db: ReadDb, id: string): Promise<StoredPolicy | null> =>
  db.one({ name: 'policy-by-id', sql: `select ${columns} from policy where id = $1`, parameters: [id] });

export interface StoredVersion {
  policyId: string;
  version: number;
  hash: string;
  content: Buffer;
  statement: string;
  state: string;
  author: string;
  signedOnBehalf: boolean;
  simulationKey: boolean;
  rollbackOf: number | null;
  reason: string | null;
  expires: string | null;
  createdAt: string;
}

const versionColumns = `policy_id as "policyId", version, hash, content, statement, state, author,
  signed_on_behalf as "signedOnBehalf", simulation_key as "simulationKey", rollback_of as "rollbackOf", reason, expires,
  created_at as "createdAt"`;

export const findVersion = (db: ReadDb, id: string, version: number): Promise<StoredVersion | null> =>
  db.one({
    sql: `select ${versionColumns} from policy_version where policy_id = $1 and version = $2`,
    parameters: [id, version],
  });

export const versionsOf = (db: ReadDb, id: string): Promise<StoredVersion[]> =>
  db.query({
    sql: `select ${versionColumns} from policy_version where policy_id = $1 order by version desc limit 200`,
    parameters: [id],
  });

export interface NewVersion {
  policy: { id: string; kind: PolicyKind; tenantId: string | null; scope: PolicyScope; production: boolean };
  version: number;
  hash: string;
  content: Buffer;
  statement: string;
  author: string;
  signedOnBehalf: boolean;
  simulationKey: boolean;
  authorEnvelope: string | null;
  rollbackOf: number | null;
  reason: string | null;
  expires: Date | null;
  rollout: { id: string; strict: boolean; quorum: number; deadlineMs: number };
}

/** False when somebody else published the same version number meanwhile. */
export async function insertVersion(tx: Tx, given: NewVersion, now: Date): Promise<boolean> {
  const { policy, rollout, version, ...rest } = given;
  if (version === 1) {
    const { count } = await tx.policy.createMany({
      data: [{ ...policy, latestVersion: 1, createdAt: now, updatedAt: now }],
      skipDuplicates: true,
    });
    if (count === 0) return false;
  } else {
    const { count } = await tx.policy.updateMany({
      where: { id: policy.id, latestVersion: version - 1 },
      data: { latestVersion: version, scope: policy.scope, production: policy.production, updatedAt: now },
    });
    if (count === 0) return false;
  }
  await tx.policyDraft.deleteMany({ where: { policyId: policy.id } });
  await tx.policyVersion.create({
    data: {
      policyId: policy.id,
      tenantId: policy.tenantId,
      version,
      state: 'staging',
      createdAt: now,
      hash: rest.hash,
      content: new Uint8Array(rest.content),
      statement: rest.statement,
      author: rest.author,
      signedOnBehalf: rest.signedOnBehalf,
      simulationKey: rest.simulationKey,
      authorEnvelope: rest.authorEnvelope,
      rollbackOf: rest.rollbackOf,
      reason: rest.reason,
      expires: rest.expires,
    },
  });
  await tx.policyRollout.create({
    data: {
      ...rollout,
      policyId: policy.id,
      tenantId: policy.tenantId,
      version,
      hash: rest.hash,
      state: 'waiting',
      publishedAt: now,
    },
  });
  return true;
}
