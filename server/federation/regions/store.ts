import { sql } from 'kysely';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Scope } from '#kernel/db/scope.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { Accepted } from './rules.ts';
import type { Heartbeat, ListRegionsInput, RegionDetail, RegionRow } from './schema.ts';

interface Tables {
  region: {
    id: string;
    url: string;
    provider: string | null;
    environment: string;
    state: string;
    state_since: string;
    lat: number | null;
    lon: number | null;
    country: string | null;
    simulated: boolean;
    role: string;
    epoch: number;
    heard_at: string | null;
    updated_at: string;
  };
}

type Derived = 'database' | 'simulatedPulse';
/** `simulated` is what it was registered as; what it is called follows from its database, too. */
type KeptRow = Omit<RegionRow, Derived>;
type KeptDetail = Omit<RegionDetail, Derived>;

const k = compiler<Tables>();
const columns = {
  id: 'id',
  state: 'state',
  country: 'country',
  environment: 'environment',
  heardAt: 'heard_at',
  updatedAt: 'updated_at',
} as const;

function reachable(scope: Scope) {
  const q = k.selectFrom('region');
  return scope.reach === 'simulated'
    ? q.where('simulated', '=', true).where('environment', '!=', 'production')
    : q;
}

function filtered(scope: Scope, input: Pick<ListRegionsInput, 'search' | 'state' | 'environment' | 'id'>) {
  let q = reachable(scope);
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb =>
      eb.or([eb('id', 'ilike', like), eb('country', 'ilike', like), eb('provider', 'ilike', like)]),
    );
  }
  if (input.state?.length) q = q.where('state', 'in', input.state);
  if (input.environment?.length) q = q.where('environment', 'in', input.environment);
  if (input.id) q = q.where('id', 'in', input.id.length > 0 ? input.id : ['']);
  return q;
}

const rowColumns = [
  'id',
  'url',
  'provider',
  'environment',
  'state',
  'state_since as stateSince',
  'lat',
  'lon',
  'country',
  'simulated',
  'role',
  'epoch',
  'heard_at as heardAt',
  'updated_at as updatedAt',
] as const;

export function selectRegions(db: ReadDb, input: ListRegionsInput): Promise<KeptRow[]> {
  const by = columns[input.sort];
  const q = filtered(db.scope, input)
    .select(rowColumns)
    .orderBy(by, input.dir)
    .$if(by !== 'id', query => query.orderBy('id', input.dir))
    .limit(pageLimit(input.limit))
    .offset(input.offset)
    .compile();
  return db.query<KeptRow>(prepared(q) as never);
}

export async function countRegions(db: ReadDb, input: ListRegionsInput): Promise<number> {
  const q = filtered(db.scope, input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

export function selectAllRegions(db: ReadDb): Promise<KeptRow[]> {
  return db.query<KeptRow>(prepared(reachable(db.scope).select(rowColumns).orderBy('id').compile()) as never);
}

/** With what each region says of its policies. */
export function selectStatus(db: ReadDb): Promise<(KeptRow & { checks: Heartbeat['checks'] | null })[]> {
  const q = reachable(db.scope)
    .select([...rowColumns, sql<unknown>`report->'checks'`.as('checks')])
    .orderBy('id')
    .compile();
  return db.query(prepared(q) as never);
}

/** How busy each region says it is, and when it said so. */
export function selectLoads(
  db: ReadDb,
): Promise<{ id: string; load: Heartbeat['load'] | null; heardAt: string | null }[]> {
  const q = reachable(db.scope)
    .select(['id', sql<unknown>`report->'load'`.as('load'), 'heard_at as heardAt'])
    .compile();
  return db.query(prepared(q) as never);
}

const detailSql = `select id, url, provider, environment, state, state_since as "stateSince", lat, lon, country, simulated,
  role, epoch, heard_at as "heardAt", state_reason as "stateReason", sequence, skew_ms as "skewMs", report, lost_at as "lostAt",
  content_hash as "contentHash", created_at as "createdAt", updated_at as "updatedAt",
  (select coalesce(json_agg(json_build_object('id', k.id, 'algorithm', k.algorithm, 'publicKey', k.public_key,
     'createdAt', k.created_at, 'revokedAt', k.revoked_at) order by k.created_at, k.id), '[]'::json)
   from region_key k where k.region_id = region.id) as keys
  from region where id = $1`;

export function findRegion(db: ReadDb, name: string): Promise<KeptDetail | null> {
  const limited = db.scope.reach === 'simulated';
  return db.one<KeptDetail>({
    name: `region-detail${limited ? '-simulated' : ''}`,
    sql: detailSql + (limited ? " and simulated and environment <> 'production'" : ''),
    parameters: [name],
  });
}

/** Regardless of who asks: whether a name is taken must not depend on what the caller may see. */
export async function findRegionForUpdate(tx: Tx, name: string) {
  await tx.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`region:${name}`}, 0))::text`;
  return tx.region.findUnique({
    where: { id: name },
    select: {
      id: true,
      contentHash: true,
      registeredAt: true,
      superseded: true,
      environment: true,
      state: true,
      keys: { select: { id: true, publicKey: true, revokedAt: true } },
    },
  });
}

export async function insertRegion(
  tx: Tx,
  accepted: Accepted,
  state: string,
  simulated: boolean,
  now: Date,
): Promise<void> {
  const { registration: r } = accepted;
  await tx.region.create({
    data: {
      id: r.name,
      ...columnsOf(accepted),
      state,
      simulated,
      stateSince: now,
      aliveFrom: now,
      registeredAt: now,
      createdAt: now,
      updatedAt: now,
      keys: { create: keyRows(accepted, now) },
    },
  });
}

/** How many replaced contents are remembered; who replaces more says when it signs. */
const remembered = 100;

export async function updateRegion(
  tx: Tx,
  accepted: Accepted,
  before: { contentHash: string; superseded: readonly string[] },
  now: Date,
): Promise<void> {
  const { registration: r } = accepted;
  const ids = accepted.keys.map(key => key.id);
  const superseded = [...new Set([...before.superseded, before.contentHash])]
    .filter(hash => hash !== accepted.contentHash)
    .slice(-remembered);
  await tx.region.update({
    where: { id: r.name },
    data: { ...columnsOf(accepted), superseded, registeredAt: now, updatedAt: now },
  });
  await tx.regionKey.updateMany({
    where: { regionId: r.name, revokedAt: null, id: { notIn: ids } },
    data: { revokedAt: now },
  });
  await tx.regionKey.createMany({
    data: keyRows(accepted, now).map(key => ({ ...key, regionId: r.name })),
    skipDuplicates: true,
  });
}

function columnsOf({ registration: r, envelope, contentHash }: Accepted) {
  return {
    url: r.url,
    provider: r.provider ?? null,
    environment: r.environment,
    lat: r.location?.lat ?? null,
    lon: r.location?.lon ?? null,
    country: r.location?.country ?? null,
    contentHash,
    envelope: { ...envelope },
  };
}

const keyRows = ({ keys }: Accepted, now: Date) =>
  keys.map(key => ({ id: key.id, algorithm: key.algorithm, publicKey: key.pem, createdAt: now }));
