import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import type { FederationRules, MemberState, Revocation, TrustBundle } from './schema.ts';

export interface StoredMember {
  id: string;
  trustDomain: string;
  endpoint: string;
  state: MemberState;
  origin: 'invited' | 'joined';
  simulated: boolean;
  bundle: TrustBundle;
  bundleSequence: number;
  refreshHint: number;
  bundleAt: string;
  nextRefreshAt: string;
  failures: number;
  lastError: string | null;
  reason: string | null;
  createdAt: string;
  revokedAt: string | null;
}

const memberColumns = `id, trust_domain as "trustDomain", endpoint, state, origin, simulated, bundle,
  bundle_sequence as "bundleSequence", refresh_hint as "refreshHint", bundle_at as "bundleAt",
  next_refresh_at as "nextRefreshAt", failures, last_error as "lastError", reason, created_at as "createdAt",
  revoked_at as "revokedAt"`;
const reach = (db: ReadDb) => (db.scope.reach === 'simulated' ? 'simulated' : 'true');

export const selectMembers = (db: ReadDb): Promise<StoredMember[]> =>
  db.query({
    sql: `select ${memberColumns} from federation_member where ${reach(db)} order by id`,
    parameters: [],
  });

export const findMember = (db: ReadDb, id: string): Promise<StoredMember | null> =>
  db.one({
    sql: `select ${memberColumns} from federation_member where id = $1 and ${reach(db)}`,
    parameters: [id],
  });

export const selectDue = (db: ReadDb, now: Date): Promise<StoredMember[]> =>
  db.query({
    sql: `select ${memberColumns} from federation_member
      where state in ('active', 'pending', 'suspended') and next_refresh_at <= $1 order by next_refresh_at limit 20`,
    parameters: [now],
  });

const asJson = (value: unknown) => value as Prisma.InputJsonValue;

export async function insertMember(
  tx: Tx,
  row: Omit<
    StoredMember,
    'failures' | 'lastError' | 'reason' | 'createdAt' | 'revokedAt' | 'state' | 'bundleAt' | 'nextRefreshAt'
  > & {
    now: Date;
    nextRefreshAt: Date;
  },
): Promise<boolean> {
  const { now, bundle, ...rest } = row;
  const data = {
    ...rest,
    bundle: asJson(bundle),
    state: 'pending',
    bundleAt: now,
    createdAt: now,
    updatedAt: now,
  };
  const { count } = await tx.federationMember.createMany({ data: [data], skipDuplicates: true });
  return count === 1;
}

export async function moveMember(
  tx: Tx,
  id: string,
  from: readonly MemberState[],
  to: MemberState,
  reason: string,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.federationMember.updateMany({
    where: { id, state: { in: [...from] } },
    data: { state: to, reason, updatedAt: now, ...(to === 'revoked' ? { revokedAt: now } : {}) },
  });
  return count === 1;
}

/** Only over the bundle that was looked at: two refreshes at once leave the newer one. */
export async function saveBundle(
  tx: Tx,
  id: string,
  heldSequence: number,
  next: { bundle: TrustBundle; sequence: number; refreshHint: number; now: Date; nextRefreshAt: Date },
): Promise<boolean> {
  const { count } = await tx.federationMember.updateMany({
    where: { id, bundleSequence: heldSequence, state: { not: 'revoked' } },
    data: {
      bundle: asJson(next.bundle),
      bundleSequence: next.sequence,
      refreshHint: next.refreshHint,
      bundleAt: next.now,
      nextRefreshAt: next.nextRefreshAt,
      failures: 0,
      lastError: null,
    },
  });
  return count === 1;
}

export async function noteFailure(tx: Tx, id: string, error: string, nextRefreshAt: Date): Promise<void> {
  await tx.federationMember.update({
    where: { id },
    data: { failures: { increment: 1 }, lastError: error.slice(0, 300), nextRefreshAt },
  });
}

export interface StoredInvite {
  id: string;
  trustDomain: string;
  expiresAt: string;
  createdAt: string;
  usedAt: string | null;
  usedBy: string | null;
}
const inviteColumns = `id, trust_domain as "trustDomain", expires_at as "expiresAt", created_at as "createdAt", used_at as "usedAt",
  used_by as "usedBy"`;

export const selectInvites = (db: ReadDb): Promise<StoredInvite[]> =>
  db.query({
    sql: `select ${inviteColumns} from federation_invite order by created_at desc limit 50`,
    parameters: [],
  });

export const findInvite = (db: ReadDb, hash: string): Promise<StoredInvite | null> =>
  db.one({ sql: `select ${inviteColumns} from federation_invite where hash = $1`, parameters: [hash] });

export async function insertInvite(
  tx: Tx,
  row: { id: string; trustDomain: string; hash: string; expiresAt: Date; createdBy: string; createdAt: Date },
): Promise<void> {
  await tx.federationInvite.create({ data: row });
}

/** One join for each invitation, whoever is first. */
export async function useInvite(tx: Tx, id: string, by: string, now: Date): Promise<boolean> {
  const { count } = await tx.federationInvite.updateMany({
    where: { id, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now, usedBy: by },
  });
  return count === 1;
}

export interface OwnBundle {
  sequence: number;
  hash: string;
  body: TrustBundle;
}

export const findOwnBundle = (db: ReadDb): Promise<OwnBundle | null> =>
  db.one({
    sql: 'select sequence, hash, body from federation_bundle order by sequence desc limit 1',
    parameters: [],
  });

/** False when another process published the same number first. */
export async function insertOwnBundle(tx: Tx, bundle: OwnBundle, now: Date): Promise<boolean> {
  const { count } = await tx.federationBundle.createMany({
    data: [{ ...bundle, body: asJson(bundle.body), at: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

export interface SpreadTarget {
  kind: 'relay' | 'region' | 'member';
  target: string;
}

export interface Addressee extends SpreadTarget {
  away: boolean;
}

export async function insertRevocation(
  tx: Tx,
  row: { memberId: string; trustDomain: string; keys: string[]; reason: string },
  targets: readonly Addressee[],
  now: Date,
): Promise<number> {
  await tx.$queryRaw`select pg_advisory_xact_lock(418213364077)::text`;
  const last = await tx.federationRevocation.aggregate({ _max: { sequence: true } });
  const sequence = Number(last._max.sequence ?? 0n) + 1;
  await tx.federationRevocation.create({ data: { ...row, sequence, at: now } });
  await tx.federationSpread.createMany({ data: targets.map(target => ({ ...target, sequence })) });
  return sequence;
}

export type Standing = { sequence: number; revoked: string[] };

/** The number of the last revocation, and everybody who was revoked. */
export async function findStanding(db: ReadDb): Promise<Standing> {
  const found = await db.one<Standing>({
    name: 'trust-standing',
    sql: `select coalesce(max(sequence), 0)::float8 as sequence,
      coalesce(array_agg(distinct trust_domain order by trust_domain), '{}') as revoked from federation_revocation`,
    parameters: [],
  });
  return found ?? { sequence: 0, revoked: [] };
}

export async function markHeard(
  tx: Tx,
  { kind, target }: SpreadTarget,
  upTo: number,
  now: Date,
): Promise<number> {
  return tx.$executeRaw`update federation_spread set heard_at = ${now}, error = null
    where kind = ${kind} and target = ${target} and sequence <= ${upTo} and heard_at is null`;
}

export async function markFailed(tx: Tx, sequence: number, target: string, error: string): Promise<void> {
  await tx.federationSpread.updateMany({
    where: { sequence, kind: 'member', target, heardAt: null },
    data: { attempts: { increment: 1 }, error: error.slice(0, 300) },
  });
}

/** Every key that anybody had when they were revoked. */
export const selectRevokedKeys = async (db: ReadDb, except: string): Promise<string[]> =>
  (
    await db.query<{ key: string }>({
      sql: 'select distinct unnest(keys) as key from federation_revocation where member_id <> $1',
      parameters: [except],
    })
  ).map(row => row.key);

export interface Unheard {
  sequence: number;
  target: string;
  trustDomain: string;
  keys: string[];
  at: string;
}

/** What members have not been told yet; a member that does not answer is asked less and less often. */
export const selectUnheard = (db: ReadDb, now: Date): Promise<Unheard[]> =>
  db.query({
    sql: `select s.sequence, s.target, r.trust_domain as "trustDomain", r.keys, r.at from federation_spread s
      join federation_revocation r using (sequence)
      where s.kind = 'member' and s.heard_at is null
        and ($1::timestamptz >= r.at + make_interval(secs => least(3600, power(2, least(s.attempts, 12)) - 1)))
      order by s.sequence, s.target limit 50`,
    parameters: [now],
  });

export const selectWaiting = (
  db: ReadDb,
  kind: SpreadTarget['kind'],
): Promise<{ target: string; sequence: number }[]> =>
  db.query({
    sql: 'select target, max(sequence)::float8 as sequence from federation_spread where kind = $1 and heard_at is null group by target',
    parameters: [kind],
  });

export const selectRevocations = (db: ReadDb): Promise<Revocation[]> =>
  db.query({
    sql: `select r.sequence, r.trust_domain as "trustDomain", r.reason, r.at,
      (select coalesce(json_agg(json_build_object('kind', s.kind, 'target', s.target, 'away', s.away, 'error', s.error,
         'heardAfterMs', round(extract(epoch from s.heard_at - r.at) * 1000)::int) order by s.kind, s.target), '[]'::json)
       from federation_spread s where s.sequence = r.sequence) as targets
      from federation_revocation r order by r.sequence desc limit 20`,
    parameters: [],
  });

export interface StoredRules {
  version: number;
  at: string;
  by: string;
  body: FederationRules;
}

export const findRules = (db: ReadDb): Promise<StoredRules | null> =>
  db.one({
    sql: 'select version, at, by, body from federation_rules order by version desc limit 1',
    parameters: [],
  });

export async function insertRules(
  tx: Tx,
  row: { version: number; body: FederationRules; at: Date; by: string },
): Promise<boolean> {
  const { count } = await tx.federationRules.createMany({
    data: [{ ...row, body: asJson(row.body) }],
    skipDuplicates: true,
  });
  return count === 1;
}

/** True the first time that a nonce is shown. */
export async function takeNonce(tx: Tx, keyId: string, nonce: string, now: Date): Promise<boolean> {
  await tx.federationNonce.deleteMany({ where: { at: { lt: new Date(now.getTime() - 900_000) } } });
  const { count } = await tx.federationNonce.createMany({
    data: [{ keyId, nonce, at: now }],
    skipDuplicates: true,
  });
  return count === 1;
}
