import { log } from '#kernel/log/log.ts';
import { guardedSql } from '#kernel/regions/install.ts';
import { replicationLogin } from '#kernel/regions/servers.ts';
import { quoteName, type RegionSql, RegionUnreachable, regionSql } from '#kernel/regions/sql.ts';
import { type Facts, type Side, type TableFacts, tenantColumn } from '../rules/facts.ts';
import { applyRole, quoteTable, tenantFilter } from './quote.ts';
import { shadowOwners } from './shadows.ts';

const serverSql = `select current_setting('server_version_num')::int as version, current_setting('wal_level') as "walLevel",
  (select setting::int from pg_settings where name = 'max_slot_wal_keep_size') as "walKeepMb",
  current_setting('max_replication_slots')::int as "slotsMax", (select count(*)::int from pg_replication_slots) as "slotsUsed",
  (select coalesce(array_agg(slot_name::text order by slot_name), '{}') from pg_replication_slots
    where not active and slot_name not like 'atom\\_%') as idle,
  current_setting('max_wal_senders')::int as "sendersMax", (select count(*)::int from pg_stat_replication) as "sendersUsed",
  coalesce(current_setting('max_active_replication_origins', true), current_setting('max_replication_slots'))::int as "originsMax",
  (select count(*)::int from pg_replication_origin) as "originsUsed",
  current_setting('max_logical_replication_workers')::int as "workersMax",
  (select count(*)::int from pg_stat_subscription where pid is not null) as "workersUsed", current_user::text as me`;

const roleSql = `select r.rolname::text as name, true as exists, r.rolbypassrls or r.rolsuper as bypass, r.rolreplication or r.rolsuper as replication,
  r.rolsuper or coalesce(pg_has_role(r.oid, to_regrole('pg_create_subscription'), 'usage'), false) as subscribes, r.rolcanlogin as login
  from pg_roles r where r.rolname = $1`;

const tableSql = `select c.oid::regclass::text as name, c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as forced,
  case c.relreplident when 'd' then 'default' when 'n' then 'nothing' when 'f' then 'full' else 'index' end as identity,
  (select coalesce(array_agg(a.attname::text order by array_position(i.indkey::int[], a.attnum::int)), '{}') from pg_index i
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
    where i.indrelid = c.oid and case c.relreplident when 'i' then i.indisreplident else i.indisprimary end) as "identityColumns",
  (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'personal', coalesce(col_description(c.oid, a.attnum) like 'P1%', false)) order by a.attnum)
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  coalesce(case when to_regrole($2) is null then false
    when $3 = 'read' then has_schema_privilege($2, c.relnamespace, 'USAGE') and has_table_privilege($2, c.oid, 'SELECT')
    else has_schema_privilege($2, c.relnamespace, 'USAGE') and has_table_privilege($2, c.oid, 'INSERT')
      and has_table_privilege($2, c.oid, 'UPDATE') and has_table_privilege($2, c.oid, 'DELETE') end, false) as permitted,
  ${guardedSql('c.oid')} as guarded
  from pg_class c where c.oid = to_regclass($1) and c.relkind in ('r', 'p')`;

interface ServerRow {
  version: number;
  walLevel: string;
  walKeepMb: number;
  slotsMax: number;
  slotsUsed: number;
  idle: string[];
  sendersMax: number;
  sendersUsed: number;
  originsMax: number;
  originsUsed: number;
  workersMax: number;
  workersUsed: number;
  me: string;
}

interface Asked {
  publisher: string;
  subscriber: string;
  tables: readonly string[];
  tenants?: readonly string[];
  raw?: boolean;
}

export async function factsOf(asked: Asked): Promise<Facts> {
  const { publisher, subscriber, tables } = asked;
  const [p, s] = await Promise.all([sideOf(publisher, tables, 'read'), sideOf(subscriber, tables, 'apply')]);
  for (const [table, facts] of Object.entries(s.tables))
    if (asked.tenants && facts?.columns.some(c => c.name === tenantColumn))
      facts.held = await holds(asked, table, facts);
  return { publisher: p, subscriber: s };
}

async function holds(
  { subscriber, tenants, raw }: Asked,
  table: string,
  facts: TableFacts,
): Promise<TableFacts['held']> {
  const own = raw ? [] : facts.columns.filter(c => c.personal).map(c => `${quoteName(c.name)} is not null`);
  const rows = `select 1 from ${quoteTable(table)} where ${tenantFilter(tenants ?? [])}`;
  try {
    const [found] = await regionSql(subscriber, 4_000).query<{ rows: boolean; values: boolean }>(
      `select exists (${rows}) as rows, exists (${rows} and (${own.join(' or ') || 'false'})) as values`,
    );
    return found?.values ? 'values' : found?.rows ? 'rows' : 'nothing';
  } catch (error) {
    log().warn({ event: 'replication.rows_not_looked_for', region: subscriber, table, error });
    return null;
  }
}

const readableSql = `select coalesce(has_table_privilege(to_regclass('atom_region.write_lease'), 'SELECT'), false) as is`;
const heldSql =
  'select l.epoch >= f.last_value as writes from atom_region.write_lease l, atom_region.fence f';

async function mayWrite(sql: RegionSql): Promise<boolean> {
  const [readable] = await sql.query<{ is: boolean }>(readableSql);
  return readable?.is ? ((await sql.query<{ writes: boolean }>(heldSql))[0]?.writes ?? false) : false;
}

async function sideOf(region: string, tables: readonly string[], use: 'read' | 'apply'): Promise<Side> {
  const sql = regionSql(region, 4_000);
  try {
    const [row] = await sql.query<ServerRow>(serverSql);
    if (!row) throw new RegionUnreachable(region, 'it said nothing');
    const wanted = use === 'read' ? (replicationLogin(region)?.name ?? row.me) : applyRole;
    const [role] = await sql.query<Side['role']>(roleSql, [wanted]);
    const found: Side['tables'] = {};
    for (const table of tables) found[table] = await tableFacts(sql, table, wanted, use);
    return {
      silent: null,
      version: row.version,
      walLevel: row.walLevel,
      walKeepMb: row.walKeepMb,
      slots: { max: row.slotsMax, used: row.slotsUsed, idle: row.idle },
      senders: { max: row.sendersMax, used: row.sendersUsed },
      origins: { max: row.originsMax, used: row.originsUsed },
      workers: { max: row.workersMax, used: row.workersUsed },
      role: role ?? {
        name: wanted,
        exists: false,
        bypass: false,
        replication: false,
        subscribes: false,
        login: false,
      },
      shutOut: await shadowOwners(sql, false),
      writes: await mayWrite(sql),
      tables: found,
    };
  } catch (error) {
    if (!(error instanceof RegionUnreachable)) throw error;
    return silentSide(error.message);
  }
}

export async function tableFacts(
  sql: RegionSql,
  table: string,
  role: string,
  use: 'read' | 'apply',
): Promise<TableFacts | null> {
  const [row] = await sql.query<Omit<TableFacts, 'held'>>(tableSql, [table, role, use]);
  return row ? { ...row, held: null } : null;
}

const silentSide = (why: string): Side => ({
  silent: why,
  version: 0,
  walLevel: '',
  walKeepMb: -1,
  slots: { max: 0, used: 0, idle: [] },
  senders: { max: 0, used: 0 },
  origins: { max: 0, used: 0 },
  workers: { max: 0, used: 0 },
  role: { name: '', exists: false, bypass: false, replication: false, subscribes: false, login: false },
  shutOut: [],
  writes: false,
  tables: {},
});
