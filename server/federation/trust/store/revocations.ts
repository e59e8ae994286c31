import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Revocation } from '../schema.ts';

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
