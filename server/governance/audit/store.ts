import type { ReadDb } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import { countWindow, type EntryFilter, searchWindow } from './schema.ts';

/** People, tokens and tenants have names where the reader may see them; a tenant reads ids. */
const named = (column: string) => `case
  when ${column} ~ '^user:[0-9a-f-]{36}$' then (select u.name from "user" u where u.id = substr(${column}, 6)::uuid)
  when ${column} ~ '^token:[0-9a-f-]{36}$' then (select t.name from api_token t where t.id = substr(${column}, 7)::uuid)
  when ${column} like 'tenant:%' then (select n.name from tenant n where n.id = substr(${column}, 8)) end`;

export interface EntryRow {
  id: number;
  uid: string;
  body: Buffer;
  leaf: Buffer;
  index: number | null;
  actorName: string | null;
  targetName: string | null;
}

const columns = (db: ReadDb) => {
  const name = (column: string) => (db.scope.role === 'atom_tenant' ? 'null' : named(column));
  return `e.id, e.uid, e.body, e.leaf, l.idx as index, ${name('e.actor')} as "actorName", ${name('e.target')} as "targetName"`;
};

/** The simulation principal sees what concerns simulated tenants, and what it did itself. */
const reach = (db: ReadDb) =>
  db.scope.reach === 'simulated'
    ? [
        `(e.actor = 'simulation:simulation' or e.tenant_id in (select s.id from tenant s where s.simulated and s.environment <> 'production'))`,
      ]
    : [];

/** A filter as SQL. `types` are the event types that type, system and outcome leave; `routine` those left out. */
export interface TypedFilter extends EntryFilter {
  types: string[] | null;
  routineTypes: string[];
}

function typed(db: ReadDb, filter: TypedFilter, parameters: unknown[]): string[] {
  const conditions = reach(db);
  const where = (sql: string, value: unknown) => {
    parameters.push(value);
    conditions.push(sql.replaceAll('?', `$${parameters.length}`));
  };
  if (filter.types) where('e.type = any (?)', filter.types);
  else if (!filter.routine && filter.target === undefined) where('e.type <> all (?)', filter.routineTypes);
  if (filter.target !== undefined) where('e.target = ?', filter.target);
  if (filter.actor?.length) where('e.actor = any (?)', filter.actor);
  if (filter.tenant?.length) where('e.tenant_id = any (?)', filter.tenant);
  if (filter.channel?.length) where('ledger_channel(e.body) = any (?)', filter.channel);
  if (filter.from !== undefined) where('e.at >= ?', filter.from);
  if (filter.to !== undefined) where('e.at < ?', filter.to);
  return conditions;
}

/** Every word must occur in one of the typed columns, or be the number of the entry. */
function worded(db: ReadDb, search: string, parameters: unknown[]): string[] {
  return search
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 6)
    .map(word => {
      parameters.push(likePattern(word));
      const like = `$${parameters.length}`;
      const people =
        db.scope.role === 'atom_tenant' || db.scope.reach === 'simulated'
          ? ''
          : ` or e.actor in (select 'user:' || u.id from "user" u where u.name ilike ${like} or u.display_name ilike ${like})
              or e.target in (select 'user:' || u.id from "user" u where u.name ilike ${like} or u.display_name ilike ${like})`;
      const number = /^#?\d{1,15}$/.test(word) ? ` or l.idx = ${Number(word.replace('#', ''))}` : '';
      return `(e.type ilike ${like} or e.actor ilike ${like} or e.target ilike ${like} or e.tenant_id ilike ${like}
        or e.reference ilike ${like} or e.uid::text ilike ${like}${people}${number})`;
    });
}

const all = (conditions: readonly string[]) =>
  conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';

export function selectEntries(
  db: ReadDb,
  filter: TypedFilter & { before?: string | undefined; limit: number },
): Promise<EntryRow[]> {
  const parameters: unknown[] = [];
  const inner = typed(db, filter, parameters);
  if (filter.before !== undefined) {
    parameters.push(filter.before);
    inner.push(`e.id < (select b.id from ledger_entry b where b.uid = $${parameters.length})`);
  }
  const source = filter.search
    ? `(select e.* from ledger_entry e ${all(inner)} order by e.id desc limit ${searchWindow}) e`
    : 'ledger_entry e';
  const outer = filter.search ? worded(db, filter.search, parameters) : inner;
  parameters.push(filter.limit);
  return db.query({
    sql: `select ${columns(db)} from ${source} left join ledger_leaf l on l.entry_id = e.id
      ${all(outer)} order by e.id desc limit $${parameters.length}`,
    parameters,
  });
}

/** Where a search for words stopped: the last entry it looked at, or null where it came to the beginning. */
export function searchedTo(
  db: ReadDb,
  filter: TypedFilter & { before?: string | undefined },
): Promise<{ uid: string; at: string } | null> {
  const parameters: unknown[] = [];
  const conditions = typed(db, filter, parameters);
  if (filter.before !== undefined) {
    parameters.push(filter.before);
    conditions.push(`e.id < (select b.id from ledger_entry b where b.uid = $${parameters.length})`);
  }
  return db.one({
    sql: `select e.uid, e.at from ledger_entry e ${all(conditions)} order by e.id desc offset ${searchWindow - 1} limit 1`,
    parameters,
  });
}

export interface FacetRow {
  facet: 'type' | 'actor' | 'tenant' | 'channel' | 'all';
  value: string | null;
  label: string | null;
  n: number;
}

/** Counts over the newest entries that fit; counting a million would cost more than it tells. */
export function countFacets(db: ReadDb, filter: TypedFilter): Promise<FacetRow[]> {
  const parameters: unknown[] = [];
  const conditions = typed(db, filter, parameters);
  const label =
    db.scope.role === 'atom_tenant' ? 'null' : `case when g.facet = 'actor' then ${named('g.value')} end`;
  return db.query({
    sql: `select g.facet, g.value, ${label} as label, g.n from (
        select case grouping(type, actor, tenant_id, channel) when 7 then 'type' when 11 then 'actor' when 13 then 'tenant' when 14 then 'channel' else 'all' end as facet,
          coalesce(type, actor, tenant_id, channel) as value, count(*) as n
        from (select e.type, e.actor, e.tenant_id, ledger_channel(e.body) as channel from ledger_entry e
              ${all(conditions)} order by e.id desc limit ${countWindow}) e
        group by grouping sets ((type), (actor), (tenant_id), (channel), ())) g
      where g.facet = 'all' or g.value is not null order by g.n desc, g.value limit 400`,
    parameters,
  });
}

/** Every event type there ever was: jumps along the index instead of reading it. */
export async function everyType(db: ReadDb): Promise<string[]> {
  if (db.scope.reach === 'simulated' || db.scope.role === 'atom_tenant') return [];
  const rows = await db.query<{ v: string }>({
    sql: `with recursive t as (
        (select type as v from ledger_entry order by type limit 1)
        union all select (select e.type from ledger_entry e where e.type > t.v order by e.type limit 1) from t where t.v is not null)
      select v from t where v is not null limit 500`,
    parameters: [],
  });
  return rows.map(row => row.v);
}

const selectWhere = (db: ReadDb, condition: string, value: unknown, limit = 100): Promise<EntryRow[]> =>
  db.query({
    sql: `select ${columns(db)} from ledger_entry e left join ledger_leaf l on l.entry_id = e.id
      ${all([condition, ...reach(db)])} order by e.id desc limit ${limit}`,
    parameters: [value],
  });

export const selectByUids = (db: ReadDb, uids: readonly string[]) =>
  selectWhere(db, 'e.uid = any ($1::uuid[])', uids);
export const selectEffects = (db: ReadDb, uids: readonly string[]) =>
  selectWhere(db, 'ledger_causes(e.body) is not null and ledger_causes(e.body) && $1::text[]', uids);
export const selectByReferences = (db: ReadDb, references: readonly string[]) =>
  selectWhere(db, 'e.reference = any ($1)', references);
export const selectByTargets = (db: ReadDb, targets: readonly string[]) =>
  selectWhere(db, 'e.target = any ($1)', targets);

export async function findEntry(db: ReadDb, id: string): Promise<EntryRow | null> {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    return (await selectWhere(db, 'e.uid = $1', id, 1))[0] ?? null;
  const number = /^\d{1,15}$/.test(id) ? (await selectWhere(db, 'l.idx = $1', Number(id), 1))[0] : null;
  return number ?? (await selectWhere(db, 'e.reference = $1', id, 1))[0] ?? null;
}

/** How many entries fit, counted no further than `most` + 1. */
export async function countUpTo(db: ReadDb, filter: TypedFilter, most: number): Promise<number> {
  const parameters: unknown[] = [];
  const inner = typed(db, filter, parameters);
  const outer = filter.search ? worded(db, filter.search, parameters) : [];
  const row = await db.one<{ n: number }>({
    sql: `select count(*) as n from (select 1 from ledger_entry e left join ledger_leaf l on l.entry_id = e.id
      ${all([...inner, ...outer])} limit ${most + 1}) c`,
    parameters,
  });
  return row?.n ?? 0;
}

export async function promisedNow(db: ReadDb): Promise<{ n: number; oldest: string | null }> {
  const row = await db.one<{ n: number; oldest: string | null }>({
    sql: `select count(*) as n, min(e.at) as oldest from (select e.id, e.at from ledger_entry e order by e.id desc limit 5000) e
      where not exists (select 1 from ledger_leaf l where l.entry_id = e.id)`,
    parameters: [],
  });
  return row ?? { n: 0, oldest: null };
}
