import type { ReadDb, Tx } from '#kernel/db/database.ts';
import { Prisma } from '#kernel/db/generated/client.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { Heartbeat, Pulse, RegionRole, RegionState } from '../schema.ts';

export interface LivingRegion {
  id: string;
  state: RegionState;
  stateSince: string;
  environment: string;
  simulated: boolean;
  contentHash: string;
  url: string;
  role: RegionRole;
  epoch: number;
  sequence: number;
  heardAt: string | null;
  aliveFrom: string;
  lostAt: string | null;
  lostView: Json;
  report: Json;
  keys: { id: string; publicKey: string; revokedAt: string | null }[];
}

const columns = `id, state, state_since as "stateSince", environment, simulated, content_hash as "contentHash", url, role, epoch,
  sequence, heard_at as "heardAt", alive_from as "aliveFrom", lost_at as "lostAt", lost_view as "lostView", report,
  (select coalesce(json_agg(json_build_object('id', k.id, 'publicKey', k.public_key, 'revokedAt', k.revoked_at)), '[]'::json)
   from region_key k where k.region_id = region.id) as keys`;

const reach = (db: ReadDb) =>
  db.scope.reach === 'simulated' ? "simulated and environment <> 'production'" : 'true';

/** With their keys: what heartbeats and the rules of silence look at. */
export const selectLiving = (db: ReadDb, names: readonly string[] | null): Promise<LivingRegion[]> =>
  db.query({
    sql: `select ${columns} from region where ${reach(db)} and ($1::text[] is null or id = any($1)) order by id`,
    parameters: [names],
  });

/** False for a repetition that overtook us: whoever was first has counted. */
export async function saveBeat(tx: Tx, beat: Heartbeat, skewMs: number, now: Date): Promise<boolean> {
  const { name, sequence, at, ...report } = beat;
  const done = await tx.$queryRaw<{ gap: number }[]>`
    with before as (select heard_at from region where id = ${name} for update)
    update region set sequence = ${sequence}, heard_at = ${now}, skew_ms = ${skewMs},
      report = ${JSON.stringify(report)}::jsonb
    from before
    where region.id = ${name} and region.sequence < ${sequence} and region.state <> 'retired'
    returning least(coalesce(extract(epoch from (${now}::timestamptz - before.heard_at)) * 1000, 0), 2000000000)::int as gap`;
  const [row] = done;
  if (!row) return false;
  await tx.$executeRaw`
    with owed as (insert into region_beat (region_id, sequence, at, heard_at) values (${name}, ${sequence}, ${new Date(at)}, ${now}))
    insert into region_pulse (region_id, minute, beats, gap_ms, skew_ms)
    values (${name}, date_trunc('minute', ${now}::timestamptz), 1, ${row.gap}, ${skewMs})
    on conflict (region_id, minute) do update set beats = region_pulse.beats + 1,
      gap_ms = greatest(region_pulse.gap_ms, excluded.gap_ms), skew_ms = excluded.skew_ms`;
  return true;
}

/** The change holds only from the state that was looked at; `lost` is what is kept until somebody readmits it. */
export async function moveRegion(
  tx: Tx,
  id: string,
  from: RegionState,
  to: RegionState,
  more: { now: Date; reason?: string | undefined; lost?: { at: Date; view: Json } | null | undefined },
): Promise<boolean> {
  const { now, reason, lost } = more;
  const { count } = await tx.region.updateMany({
    where: { id, state: from },
    data: {
      state: to,
      stateSince: now,
      updatedAt: now,
      stateReason: reason ?? null,
      ...(lost === undefined
        ? {}
        : { lostAt: lost?.at ?? null, lostView: (lost?.view ?? Prisma.DbNull) as never }),
      ...(to === 'active' ? { aliveFrom: now } : {}),
    },
  });
  return count === 1;
}

/** Silence begins to count now: whoever was away was this console. */
export async function startListening(tx: Tx, now: Date): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    update region set alive_from = ${now},
      state = case when state in ('degraded', 'unreachable') and lost_at is null then 'active'
                   when state = 'degraded' then 'active' else state end
    where state <> 'retired' returning id`;
  return rows.map(row => row.id).sort();
}

export async function setRole(tx: Tx, id: string, role: RegionRole, epoch: number): Promise<boolean> {
  const changed = await tx.$executeRaw`
    update region set role = ${role}, epoch = ${epoch} where id = ${id} and epoch <= ${epoch}`;
  return changed === 1;
}

export const selectPulses = (db: ReadDb, id: string, since: Date): Promise<Pulse[]> =>
  db.query({
    sql: `select minute, beats, gap_ms as "gapMs", skew_ms as "skewMs" from region_pulse
      where region_id = $1 and minute >= $2 order by minute`,
    parameters: [id, since],
  });

export async function prunePulses(tx: Tx, before: Date): Promise<number> {
  return (await tx.regionPulse.deleteMany({ where: { minute: { lt: before } } })).count;
}

export const selectEnvelopes = (
  db: ReadDb,
): Promise<{ id: string; url: string; environment: string; contentHash: string; envelope: unknown }[]> =>
  db.query({
    sql: `select id, url, environment, content_hash as "contentHash", envelope from region where ${reach(db)} order by id`,
    parameters: [],
  });
