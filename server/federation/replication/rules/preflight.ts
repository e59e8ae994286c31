import type { Check } from '../schema.ts';

/** What is asked of both servers before a stream is made; a pure function of it says what is wrong and what mends it. */
export interface ColumnFacts {
  name: string;
  type: string;
  /** The comment says that it holds personal data. */
  personal: boolean;
}

export interface TableFacts {
  columns: ColumnFacts[];
  identity: 'default' | 'nothing' | 'full' | 'index';
  /** Columns of the primary key or of the index that identifies a row; none where nothing does. */
  identityColumns: string[];
  rowSecurity: boolean;
  forced: boolean;
  /** The role that reads (publisher) or applies (subscriber) may do so. */
  permitted: boolean;
  guarded: boolean;
}

export interface Side {
  /** Why it does not answer; null = it does. */
  silent: string | null;
  version: number;
  walLevel: string;
  walKeepMb: number;
  slots: { max: number; used: number; idle: string[] };
  senders: { max: number; used: number };
  origins: { max: number; used: number };
  workers: { max: number; used: number };
  role: { name: string; exists: boolean; bypass: boolean; replication: boolean; subscribes: boolean; login: boolean };
  tables: Record<string, TableFacts | null>;
}

export interface Facts {
  publisher: Side;
  subscriber: Side;
}

export interface WantedStream {
  publication: string;
  tables: { table: string; columns: string[] }[];
  tenants: readonly string[];
  raw: boolean;
}

export const tenantColumn = 'tenant_id';

/** A column list that was not given: everything that is not personal, unless raw data may leave. */
export const defaultColumns = (table: TableFacts, raw: boolean): string[] =>
  table.columns.filter(column => raw || !column.personal).map(column => column.name);

const names = (list: readonly string[]) => list.join(', ');
const indexName = (table: string) => `${table.split('.')[1]}_replica_identity`;
const identitySql = (table: string, columns: readonly string[]) =>
  `CREATE UNIQUE INDEX ${indexName(table)} ON ${table} (${names(columns)});\nALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${indexName(table)};`;

export function preflightChecks(wanted: WantedStream, { publisher, subscriber }: Facts): Check[] {
  const checks: Check[] = [];
  const say = (
    side: Check['side'],
    id: string,
    title: string,
    ok: boolean | 'warn',
    found: string,
    mend: string | null = null,
    more: Partial<Check> = {},
  ) =>
    checks.push({
      id,
      side,
      table: null,
      title,
      result: ok === 'warn' ? 'warn' : ok ? 'pass' : 'fail',
      found,
      mend: ok === true ? null : mend,
      restart: false,
      ...more,
    });
  for (const [side, facts] of [['publisher', publisher], ['subscriber', subscriber]] as const)
    if (facts.silent !== null)
      say(side, `${side}.reachable`, 'The server answers', false, facts.silent, null, { result: 'unknown' });
  if (publisher.silent === null) publisherChecks(say, publisher);
  if (subscriber.silent === null) subscriberChecks(say, subscriber, wanted.tables.length);
  for (const { table, columns } of wanted.tables) {
    if (publisher.silent === null) publisherTable(say, publisher, table, columns, wanted);
    if (subscriber.silent === null) subscriberTable(say, subscriber, publisher.tables[table] ?? null, table, columns);
  }
  return checks;
}

type Say = (
  side: Check['side'],
  id: string,
  title: string,
  ok: boolean | 'warn',
  found: string,
  mend?: string | null,
  more?: Partial<Check>,
) => void;

function publisherChecks(say: Say, p: Side): void {
  const restart = { restart: true };
  say('publisher', 'publisher.wal_level', 'wal_level is logical', p.walLevel === 'logical', `it is ${p.walLevel}`,
    "ALTER SYSTEM SET wal_level = 'logical';", restart);
  const idle = p.slots.idle[0];
  say('publisher', 'publisher.slots', 'A replication slot is free', p.slots.used < p.slots.max,
    `${p.slots.used} of ${p.slots.max} are used${p.slots.idle.length > 0 ? `; idle: ${names(p.slots.idle)}` : ''}`,
    idle
      ? `SELECT pg_drop_replication_slot('${idle}');`
      : `ALTER SYSTEM SET max_replication_slots = ${p.slots.max + 4};`,
    { restart: !idle });
  say('publisher', 'publisher.senders', 'A WAL sender is free', p.senders.used < p.senders.max,
    `${p.senders.used} of ${p.senders.max} are used`, `ALTER SYSTEM SET max_wal_senders = ${p.senders.max + 4};`, restart);
  say('publisher', 'publisher.wal_keep', 'max_slot_wal_keep_size is set', p.walKeepMb >= 0,
    p.walKeepMb < 0 ? 'a stalled subscriber may fill the disk' : `a slot keeps at most ${p.walKeepMb} MB`,
    "ALTER SYSTEM SET max_slot_wal_keep_size = '1GB';\nSELECT pg_reload_conf();");
  say('publisher', 'publisher.login', 'The subscriber’s login may replicate', p.role.exists && p.role.replication,
    p.role.exists ? `${p.role.name} ${p.role.replication ? 'may' : 'may not'}` : `there is no role ${p.role.name}`,
    p.role.exists ? `ALTER ROLE ${p.role.name} REPLICATION;` : `CREATE ROLE ${p.role.name} LOGIN REPLICATION;`);
}

function subscriberChecks(say: Say, s: Side, tables: number): void {
  say('subscriber', 'subscriber.apply_role', 'The apply role exists and may subscribe', s.role.exists && s.role.subscribes,
    s.role.exists ? `${s.role.name} ${s.role.subscribes ? 'may' : 'may not'}` : `there is no role ${s.role.name}`,
    s.role.exists
      ? `GRANT pg_create_subscription TO ${s.role.name};`
      : `CREATE ROLE ${s.role.name} LOGIN BYPASSRLS;\nGRANT pg_create_subscription TO ${s.role.name};`);
  if (s.role.exists)
    say('subscriber', 'subscriber.apply_login', 'The apply role may log in', s.role.login,
      s.role.login ? `${s.role.name} may; without a password nobody but a worker does` : `${s.role.name} may not, so its worker would end at once`,
      `ALTER ROLE ${s.role.name} LOGIN;`);
  say('subscriber', 'subscriber.workers', 'An apply worker is free', s.workers.used < s.workers.max,
    `${s.workers.used} of ${s.workers.max} are used`,
    `ALTER SYSTEM SET max_logical_replication_workers = ${s.workers.max + tables + 2};`, { restart: true });
  const setting = s.version >= 180_000 ? 'max_active_replication_origins' : 'max_replication_slots';
  say('subscriber', 'subscriber.origins', 'A replication origin is free', s.origins.used < s.origins.max,
    `${s.origins.used} of ${s.origins.max} are used`, `ALTER SYSTEM SET ${setting} = ${s.origins.max + 4};`, { restart: true });
}

function publisherTable(say: Say, p: Side, table: string, columns: readonly string[], wanted: WantedStream): void {
  const facts = p.tables[table] ?? null;
  const at = { table };
  if (!facts) return say('publisher', 'publisher.table', 'The table exists', false, `there is no ${table}`, null, at);
  const own = facts.columns.map(c => c.name);
  const unknown = columns.filter(c => !own.includes(c));
  say('publisher', 'publisher.columns', 'The columns exist', unknown.length === 0,
    unknown.length === 0 ? `${columns.length} of ${own.length} columns leave` : `there is no ${names(unknown)}`,
    null, at);
  if (!own.includes(tenantColumn))
    return say('publisher', 'publisher.tenant_column', 'Rows name their tenant', false,
      `${table} has no column ${tenantColumn}, so its rows cannot be filtered`, null, at);
  const key = facts.identityColumns.filter(c => c !== tenantColumn);
  const whole = [...(key.length > 0 ? key : own.filter(c => c === 'id')), tenantColumn];
  const found = {
    default: facts.identityColumns.length > 0 ? `the primary key (${names(facts.identityColumns)})` : 'there is no primary key',
    index: `an index over (${names(facts.identityColumns)})`,
    nothing: 'nothing identifies a row',
    full: 'the whole row, which a column list does not allow',
  }[facts.identity];
  const identified = facts.identity !== 'full' && facts.identityColumns.length > 0;
  say('publisher', 'publisher.identity', 'A replica identity is there', identified, found,
    identitySql(table, whole), at);
  if (identified)
    say('publisher', 'publisher.filter', 'The replica identity covers the filter column', facts.identityColumns.includes(tenantColumn),
      `it is ${found}; rows are filtered by ${tenantColumn}`, identitySql(table, whole), at);
  const lists = [...new Set([...facts.identityColumns, tenantColumn])].filter(c => !columns.includes(c));
  say('publisher', 'publisher.column_list', 'The column list covers identity and filter', lists.length === 0,
    lists.length === 0 ? 'it does' : `it lacks ${names(lists)}`,
    `ALTER PUBLICATION ${wanted.publication} SET TABLE ${table} (${names([...lists, ...columns])});`, at);
  const personal = facts.columns.filter(c => c.personal && columns.includes(c.name)).map(c => c.name);
  say('publisher', 'publisher.personal', 'No personal column leaves', wanted.raw || personal.length === 0,
    personal.length === 0 ? 'none does' : wanted.raw ? `${names(personal)} leave with consent` : `${names(personal)} would leave`,
    personal.length === 0 ? null : shadowSql(table, personal), at);
  say('publisher', 'publisher.select', 'The subscriber’s login may read it', facts.permitted,
    facts.permitted ? `${p.role.name} may` : `${p.role.name} may not`,
    `GRANT USAGE ON SCHEMA ${table.split('.')[0]} TO ${p.role.name};\nGRANT SELECT ON ${table} TO ${p.role.name};`, at);
  if (facts.rowSecurity)
    say('publisher', 'publisher.copy', 'The first copy sees every row', p.role.bypass,
      p.role.bypass ? `${p.role.name} passes row level security` : `row level security would hide rows from ${p.role.name}`,
      `ALTER ROLE ${p.role.name} BYPASSRLS;`, at);
}

const shadowSql = (table: string, columns: readonly string[]) =>
  columns
    .map(c => `ALTER TABLE ${table} ADD COLUMN ${c}_key text;\nUPDATE ${table} SET ${c}_key = atom_region.keyed_hash(${c});`)
    .join('\n');

function subscriberTable(
  say: Say,
  s: Side,
  source: TableFacts | null,
  table: string,
  columns: readonly string[],
): void {
  const facts = s.tables[table] ?? null;
  const at = { table };
  const typeOf = (name: string) => source?.columns.find(c => c.name === name)?.type ?? 'text';
  if (!facts)
    return say('subscriber', 'subscriber.table', 'The table exists', false, `there is no ${table}`,
      `CREATE TABLE ${table} (${columns.map(c => `${c} ${typeOf(c)}`).join(', ')}, PRIMARY KEY (${names(source?.identityColumns ?? ['id'])}));`, at);
  const own = new Map(facts.columns.map(c => [c.name, c.type]));
  const missing = columns.filter(c => !own.has(c));
  say('subscriber', 'subscriber.columns', 'The columns exist', missing.length === 0,
    missing.length === 0 ? 'they do' : `there is no ${names(missing)}`,
    missing.map(c => `ALTER TABLE ${table} ADD COLUMN ${c} ${typeOf(c)};`).join('\n'), at);
  const other = columns.filter(c => own.has(c) && source && own.get(c) !== typeOf(c));
  if (other.length > 0)
    say('subscriber', 'subscriber.types', 'The columns have the same types', 'warn', `${names(other)} differ`,
      other.map(c => `ALTER TABLE ${table} ALTER COLUMN ${c} TYPE ${typeOf(c)};`).join('\n'), at);
  say('subscriber', 'subscriber.row_security', 'Row level security holds on the mirror', facts.rowSecurity && facts.forced,
    facts.rowSecurity ? (facts.forced ? 'it is forced' : 'its owner escapes it') : 'it is off',
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;\nALTER TABLE ${table} FORCE ROW LEVEL SECURITY;`, at);
  if (facts.rowSecurity && s.role.exists)
    say('subscriber', 'subscriber.bypass', 'Applying passes row level security', s.role.bypass,
      s.role.bypass ? `${s.role.name} has BYPASSRLS` : `${s.role.name} has not, so its first row would be refused`,
      `ALTER ROLE ${s.role.name} BYPASSRLS;`, at);
  say('subscriber', 'subscriber.apply', 'The apply role may write it', facts.permitted,
    facts.permitted ? `${s.role.name} may` : `${s.role.name} may not`,
    `GRANT USAGE ON SCHEMA ${table.split('.')[0]} TO ${s.role.name};\nGRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ${table} TO ${s.role.name};`, at);
  const keyed = facts.identityColumns.length > 0;
  say('subscriber', 'subscriber.identity', 'A changed row is found without reading the whole table', keyed,
    keyed ? `by (${names(facts.identityColumns)})` : 'there is no primary key and no replica identity',
    `ALTER TABLE ${table} ADD PRIMARY KEY (id);`, at);
}

/** What keeps a stream from being made. */
export const blocking = (checks: readonly Check[]): Check[] =>
  checks.filter(c => c.result === 'fail' || c.result === 'unknown');
