import type { ReadDb, Tx } from '#kernel/db/database.ts';

export const relayStates = ['pending', 'admitted', 'quarantined', 'revoked'] as const;
export type RelayState = (typeof relayStates)[number];

export interface StoredRelay {
  id: string;
  region: string | null;
  labels: Record<string, string>;
  publicKey: string;
  state: RelayState;
  stateReason: string | null;
  agent: string;
  simulated: boolean;
  messageSeq: number;
  cursor: number;
  epoch: number;
  strikes: number;
}

const columns = `id, region, labels, public_key as "publicKey", state, state_reason as "stateReason", agent, simulated,
  message_seq as "messageSeq", cursor, epoch, strikes`;

export const findRelay = (db: ReadDb, id: string): Promise<StoredRelay | null> =>
  db.one({ name: 'relay-by-id', sql: `select ${columns} from relay where id = $1`, parameters: [id] });

export interface Sighting {
  id: string;
  messageSeq: number;
  /** null = nothing was said about it. */
  cursor: number | null;
  epoch: number | null;
  stale: boolean | null;
  decisions: number | null;
  leaseUntil: Date | null;
  at: Date;
}

export async function saveSightings(tx: Tx, sightings: readonly Sighting[]): Promise<void> {
  await tx.$executeRaw`
    update relay r set message_seq = greatest(r.message_seq, s."messageSeq"),
      cursor = coalesce(s.cursor, r.cursor), epoch = coalesce(s.epoch, r.epoch), stale = coalesce(s.stale, r.stale),
      decisions = coalesce(s.decisions, r.decisions), last_seen_at = s.at,
      lease_until = coalesce(s."leaseUntil", r.lease_until)
    from jsonb_to_recordset(${JSON.stringify(sightings)}::jsonb) as s(id text, "messageSeq" int, cursor int, epoch int,
      stale boolean, decisions int, "leaseUntil" timestamptz, at timestamptz)
    where r.id = s.id`;
}

export interface Holding {
  relayId: string;
  policyId: string;
  version: number;
  hash: string;
  epoch: number;
  at: Date;
}

/** What a relay says it has active now; an older word that arrives late changes nothing. */
export async function saveHoldings(tx: Tx, holdings: readonly Holding[]): Promise<void> {
  await tx.$executeRaw`
    insert into relay_policy (relay_id, policy_id, version, hash, epoch, at)
    select h."relayId", h."policyId", h.version, h.hash, h.epoch, h.at
    from jsonb_to_recordset(${JSON.stringify(holdings)}::jsonb)
      as h("relayId" text, "policyId" text, version int, hash text, epoch int, at timestamptz)
    on conflict (relay_id, policy_id) do update set version = excluded.version, hash = excluded.hash,
      epoch = excluded.epoch, at = excluded.at where relay_policy.at <= excluded.at`;
}

export async function dropHoldings(
  tx: Tx,
  gone: readonly { relayId: string; policyId: string }[],
): Promise<void> {
  await tx.$executeRaw`
    delete from relay_policy p using jsonb_to_recordset(${JSON.stringify(gone)}::jsonb) as g("relayId" text, "policyId" text)
    where p.relay_id = g."relayId" and p.policy_id = g."policyId"`;
}

/** The whole list a relay sent in its hello replaces what was known of it. */
export async function replaceHoldings(tx: Tx, relayId: string, holdings: readonly Holding[]): Promise<void> {
  await tx.relayPolicy.deleteMany({ where: { relayId } });
  if (holdings.length > 0) await saveHoldings(tx, holdings);
}

export async function setRelayState(
  tx: Tx,
  id: string,
  from: readonly RelayState[],
  to: RelayState,
  reason: string | null,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.relay.updateMany({
    where: { id, state: { in: [...from] } },
    data: { state: to, stateReason: reason, updatedAt: now, ...(to === 'admitted' ? { strikes: 0 } : {}) },
  });
  return count === 1;
}

export async function insertRelay(
  tx: Tx,
  row: Omit<StoredRelay, 'messageSeq' | 'cursor' | 'epoch' | 'strikes' | 'stateReason'> & {
    tokenId: string;
    joinedAt: Date;
    updatedAt: Date;
  },
): Promise<boolean> {
  const { count } = await tx.relay.createMany({ data: [row], skipDuplicates: true });
  return count === 1;
}

export async function relaysSeenSince(db: ReadDb, since: Date): Promise<string[]> {
  const rows = await db.query<{ id: string }>({
    sql: "select id from relay where state = 'admitted' and lease_until >= $1",
    parameters: [since],
  });
  return rows.map(row => row.id);
}

export const relaysLetIn = async (db: ReadDb): Promise<string[]> =>
  (
    await db.query<{ id: string }>({
      sql: "select id from relay where state = 'admitted' order by id",
      parameters: [],
    })
  ).map(row => row.id);

export const relaysNotAdmitted = (
  db: ReadDb,
  ids: readonly string[],
): Promise<{ id: string; state: RelayState }[]> =>
  db.query({
    name: 'relays-not-admitted',
    sql: "select id, state from relay where id = any($1) and state <> 'admitted'",
    parameters: [ids],
  });

/** How many of these were never published under this hash. */
export async function unknownVersions(
  db: ReadDb,
  claimed: readonly { policy: string; version: number; hash: string }[],
): Promise<number> {
  const row = await db.one<{ n: number }>({
    sql: `select count(*)::int as n from jsonb_to_recordset($1::jsonb) as c(policy text, version int, hash text)
      where not exists (select 1 from policy_version v where v.policy_id = c.policy and v.version = c.version and v.hash = c.hash)`,
    parameters: [JSON.stringify(claimed)],
  });
  return row?.n ?? 0;
}

export async function addStrike(tx: Tx, id: string, reason: string, now: Date): Promise<number> {
  const { strikes } = await tx.relay.update({
    where: { id },
    data: { strikes: { increment: 1 }, stateReason: reason, updatedAt: now },
  });
  return strikes;
}
