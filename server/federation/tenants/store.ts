import { sql } from 'kysely';
import { compiler, pageLimit, prepared, rememberedQueries } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Scope } from '#kernel/db/scope.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type {
  CreateTenantInput,
  ListTenantsInput,
  MatchingTenantsInput,
  TenantDetail,
  TenantPatch,
  TenantRow,
  TenantScope,
} from './schema.ts';

interface Tables {
  tenant: {
    id: string;
    name: string;
    state: string;
    environment: string;
    tier: string;
    home_region: string;
    simulated: boolean;
    updated_at: string;
  };
}

const k = compiler<Tables>();
const lists = rememberedQueries<TenantRow>();

const columns = {
  name: 'name',
  id: 'id',
  updatedAt: 'updated_at',
  homeRegion: 'home_region',
  tier: 'tier',
  state: 'state',
} as const;

function filtered(
  scope: Scope,
  input: Pick<ListTenantsInput, 'search' | 'state' | 'environment' | 'tier' | 'region' | 'id'>,
) {
  let q = k.selectFrom('tenant');
  if (scope.reach === 'simulated') q = q.where(sql<boolean>`simulated and environment <> 'production'`);
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('id', 'ilike', like), eb('name', 'ilike', like)]));
  }
  if (input.state?.length) q = q.where('state', 'in', input.state);
  if (input.environment?.length) q = q.where('environment', 'in', input.environment);
  if (input.tier?.length) q = q.where('tier', 'in', input.tier);
  if (input.region?.length) q = q.where('home_region', 'in', input.region);
  if (input.id) q = q.where('id', 'in', input.id.length > 0 ? input.id : ['']);
  return q;
}

export function selectTenants(db: ReadDb, input: ListTenantsInput): Promise<TenantRow[]> {
  const by = columns[input.sort];
  return db.query<TenantRow>(
    lists([db.scope.reach, input], () =>
      filtered(db.scope, input)
        .select([
          'id',
          'name',
          'state',
          'environment',
          'tier',
          'home_region as homeRegion',
          'simulated',
          'updated_at as updatedAt',
        ])
        .orderBy(by, input.dir)
        .$if(by !== 'id', query => query.orderBy('id', input.dir))
        .limit(pageLimit(input.limit))
        .$if(input.offset > 0, query => query.offset(input.offset))
        .compile(),
    ),
  );
}

export async function countTenants(db: ReadDb, input: ListTenantsInput): Promise<number> {
  const q = filtered(db.scope, input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

export async function selectMatchingIds(db: ReadDb, input: MatchingTenantsInput): Promise<string[]> {
  const q = filtered(db.scope, input)
    .select('id')
    .$if(input.after !== undefined, query => query.where('id', '>', input.after ?? ''))
    .orderBy('id')
    .limit(input.limit + 1)
    .compile();
  return (await db.query<{ id: string }>(prepared(q) as never)).map(row => row.id);
}

export async function countByFacet(db: ReadDb, scope: TenantScope) {
  const q = filtered(db.scope, scope ?? {})
    .select(['state', 'environment', 'tier', 'home_region as region', sql<number>`count(*)`.as('n')])
    .groupBy(['state', 'environment', 'tier', 'home_region'])
    .compile();
  return db.query<{ state: string; environment: string; tier: string; region: string; n: number }>(
    prepared(q),
  );
}

const detailColumns = `select id, name, state, environment, tier, home_region as "homeRegion",
  allowed_regions as "allowedRegions", allowed_countries as "allowedCountries", data_classes as "dataClasses", consents,
  monthly_budget::float8 as "monthlyBudget", simulated, version, created_at as "createdAt", updated_at as "updatedAt"
  from tenant`;
const simulatedOnly = " and simulated and environment <> 'production'";

export function findTenant(db: ReadDb, id: string): Promise<TenantDetail | null> {
  const reach = db.scope.reach === 'simulated' ? simulatedOnly : '';
  return db.one<TenantDetail>({
    name: `tenant-detail${reach ? '-simulated' : ''}`,
    sql: `${detailColumns} where id = $1${reach}`,
    parameters: [id],
  });
}

export function findTenants(db: ReadDb, ids: readonly string[]): Promise<TenantDetail[]> {
  const reach = db.scope.reach === 'simulated' ? simulatedOnly : '';
  return db.query<TenantDetail>({
    name: `tenant-details${reach ? '-simulated' : ''}`,
    sql: `${detailColumns} where id = any ($1)${reach} order by id`,
    parameters: [ids],
  });
}

/** False when the slug is taken. */
export async function insertTenant(
  tx: Tx,
  input: CreateTenantInput,
  simulated: boolean,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.tenant.createMany({
    data: [{ ...input, simulated, createdAt: now, updatedAt: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

/** False when somebody else changed the row since `version`. */
export async function updateTenant(
  tx: Tx,
  id: string,
  version: number,
  change: TenantPatch & { state?: string; homeRegion?: string },
  now: Date,
): Promise<boolean> {
  const data = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const { count } = await tx.tenant.updateMany({
    where: { id, version },
    data: { ...data, version: version + 1, updatedAt: now },
  });
  return count === 1;
}

/** Per state; not by name, since who reads regions need not see tenants. */
export async function countAtHome(db: ReadDb, region: string): Promise<Record<string, number>> {
  const rows = await db.query<{ state: string; n: number }>({
    sql: 'select state, count(*)::int as n from tenant where home_region = $1 group by state order by state',
    parameters: [region],
  });
  return Object.fromEntries(rows.map(row => [row.state, row.n]));
}
