import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Revocation } from '../schema.ts';

export interface SpreadTarget {
  kind: 'relay' | 'region' | 'member';
  target: string;
}

export interface Addressee extends SpreadTarget {
  away: boolean;
}

/** One writer at a time: the highest number that was given is the highest until this one's turn is over. */
export async function takeTurn(tx: Tx): Promise<number> {
  await tx.$queryRaw`select pg_advisory_xact_lock(418213364077)::text`;
  const [row] = await tx.$queryRaw<{ standing: number }[]>`
    select greatest((select max(sequence) from federation_revocation),
      (select max(sequence) from federation_renumbering), 0)::float8 as standing`;
  return row?.standing ?? 0;
}

export async function insertRevocation(
  tx: Tx,
  row: { sequence: number; memberId: string; trustDomain: string; keys: string[]; reason: string },
  targets: readonly Addressee[],
  now: Date,
): Promise<void> {
  await tx.federationRevocation.create({ data: { ...row, at: now } });
  await tx.federationSpread.createMany({
    data: targets.map(target => ({ ...target, sequence: row.sequence })),
  });
}

export async function insertRenumbering(
  tx: Tx,
  row: SpreadTarget & { sequence: number; said: number; at: Date },
): Promise<void> {
  await tx.federationRenumbering.create({ data: row });
}

export type Standing = { sequence: number; revoked: string[] };

const standingSql = `greatest((select max(sequence) from federation_revocation),
  (select max(sequence) from federation_renumbering), 0)::float8`;

/** The last number that was given, and everybody who was revoked, the newest first. */
export async function findStanding(db: ReadDb): Promise<Standing> {
  const found = await db.one<Standing>({
    name: 'trust-standing',
    sql: `select ${standingSql} as sequence,
      array(select trust_domain from federation_revocation group by trust_domain order by max(sequence) desc) as revoked`,
    parameters: [],
  });
  return found ?? { sequence: 0, revoked: [] };
}

export interface Given {
  standing: number;
  /** Those of the numbers asked about that were given here. */
  given: number[];
  /** Who has not heard of something yet. */
  waiting: string[];
}

export async function findGiven(
  db: ReadDb,
  kind: SpreadTarget['kind'],
  numbers: readonly number[],
): Promise<Given> {
  const found = await db.one<Given>({
    name: 'trust-given',
    sql: `select ${standingSql} as standing,
      array(select sequence::float8 from federation_revocation where sequence = any($2::bigint[])
        union select sequence::float8 from federation_renumbering where sequence = any($2::bigint[])) as given,
      array(select distinct target from federation_spread where kind = $1 and heard_at is null) as waiting`,
    parameters: [kind, numbers],
  });
  return found ?? { standing: 0, given: [], waiting: [] };
}

/** Relays and regions are told everything that stands: who heard of a number has heard of those before it. */
export async function markHeard(
  tx: Tx,
  { kind, target }: SpreadTarget,
  upTo: number,
  now: Date,
): Promise<number> {
  return tx.$executeRaw`update federation_spread set heard_at = ${now}, error = null
    where kind = ${kind} and target = ${target} and sequence <= ${upTo} and heard_at is null`;
}

/** Members are told of each one by itself. */
export async function markTold(tx: Tx, sequence: number, target: string, now: Date): Promise<void> {
  await tx.federationSpread.updateMany({
    where: { sequence, kind: 'member', target, heardAt: null },
    data: { heardAt: now, error: null },
  });
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

export const selectRevocations = (db: ReadDb): Promise<Revocation[]> =>
  db.query({
    sql: `select r.sequence, r.trust_domain as "trustDomain", r.reason, r.at,
      (select coalesce(json_agg(json_build_object('kind', s.kind, 'target', s.target, 'away', s.away, 'error', s.error,
         'heardAfterMs', round(extract(epoch from s.heard_at - r.at) * 1000)::int) order by s.kind, s.target), '[]'::json)
       from federation_spread s where s.sequence = r.sequence) as targets
      from federation_revocation r order by r.sequence desc limit 20`,
    parameters: [],
  });
