import { sql } from 'kysely';
import { compiler } from '#kernel/db/compile.ts';
import { isUniqueViolation, type ReadDb, type Tx } from '#kernel/db/database.ts';
import type { Scope } from '#kernel/db/scope.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { CreateTenantInput, ListTenantsInput, TenantDetail, TenantPatch, TenantRow } from './schema.ts';

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

const columns = {
  name: 'name',
  id: 'id',
  updatedAt: 'updated_at',
  homeRegion: 'home_region',
  tier: 'tier',
  state: 'state',
} as const;

function filtered(scope: Scope, input: Pick<ListTenantsInput, 'search' | 'state' | 'environment' | 'tier' | 'region'>) {
  let q = k.selectFrom('tenant');
  if (scope.reach === 'simulated') q = q.where('simulated', '=', true).where('environment', '!=', 'production');
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('id', 'ilike', like), eb('name', 'ilike', like)]));
  }
  if (input.state?.length) q = q.where('state', 'in', input.state);
  if (input.environment?.length) q = q.where('environment', 'in', input.environment);
  if (input.tier?.length) q = q.where('tier', 'in', input.tier);
  if (input.region?.length) q = q.where('home_region', 'in', input.region);
  return q;
}

export function selectTenants(db: ReadDb, input: ListTenantsInput): Promise<TenantRow[]> {
  const by = columns[input.sort];
  const q = filtered(db.scope, input)
    .select(['id', 'name', 'state', 'environment', 'tier', 'home_region as homeRegion', 'simulated', 'updated_at as updatedAt'])
    .orderBy(by, input.dir)
    .$if(by !== 'id', query => query.orderBy('id', input.dir))
    .limit(input.limit + 1)
    .offset(input.offset)
    .compile();
  return db.query<TenantRow>({ ...q, name: 'row' in q ? undefined : preparedName(q.sql) } as never);
}

export async function countTenants(db: ReadDb, input: ListTenantsInput): Promise<number> {
  const q = filtered(db.scope, input).select(sql<number>`count(*)`.as('n')).compile();
  const row = await db.one<{ n: number }>({ sql: q.sql, parameters: q.parameters });
  return Number(row?.n ?? 0);
}
