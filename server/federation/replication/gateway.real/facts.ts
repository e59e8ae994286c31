import { guardedSql } from '#kernel/regions/install.ts';
import { replicationLogin } from '#kernel/regions/servers.ts';
import { type RegionSql, RegionUnreachable, regionSql } from '#kernel/regions/sql.ts';
import type { Facts, Side, TableFacts } from '../rules/facts.ts';
import { shadowOwners } from './shadows.ts';

/** The role that owns subscriptions where it exists; else whoever the console connects as. */
export const applyRole = 'atom_apply';

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

export async function factsOf(
  publisher: string,
  subscriber: string,
  tables: readonly string[],
): Promise<Facts> {
  const [p, s] = await Promise.all([sideOf(publisher, tables, 'read'), sideOf(subscriber, tables, 'apply')]);
  return { publisher: p, subscriber: s };
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
  const [row] = await sql.query<TableFacts>(tableSql, [table, role, use]);
  return row ?? null;
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
  tables: {},
});
