import type { Check } from '../schema.ts';
import { type Side, type TableFacts, tenantColumn, type WantedStream } from './facts.ts';

export type Say = (
  side: Check['side'],
  id: string,
  title: string,
  ok: boolean | 'warn',
  found: string,
  mend?: string | null,
  more?: Partial<Check>,
) => void;

export const joined = (list: readonly string[]) => list.join(', ');
const indexName = (table: string) => `${table.split('.')[1]}_replica_identity`;
const identitySql = (table: string, columns: readonly string[]) =>
  `CREATE UNIQUE INDEX ${indexName(table)} ON ${table} (${joined(columns)});\nALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${indexName(table)};`;

/** It keeps no stream from being made: without a lease, which comes with the first stream, a guard refuses every write. */
function guardCheck(
  say: Say,
  side: 'publisher' | 'subscriber',
  table: string,
  { guarded }: TableFacts,
): void {
  say(
    side,
    `${side}.guard`,
    'The write lease guards it',
    guarded || 'warn',
    guarded
      ? 'every commit and every TRUNCATE asks it'
      : 'it would be written there after a failover has fenced the region; guard it once the stream is made, and no failover is ready before',
    `SELECT atom_region.guard('${table}');`,
    { table },
  );
}

export function publisherTable(
  say: Say,
  p: Side,
  table: string,
  columns: readonly string[],
  wanted: WantedStream,
): void {
  const facts = p.tables[table] ?? null;
  const at = { table };
  if (!facts) {
    say('publisher', 'publisher.table', 'The table exists', false, `there is no ${table}`, null, at);
    return;
  }
  const own = facts.columns.map(c => c.name);
  const unknown = columns.filter(c => !own.includes(c));
  say(
    'publisher',
    'publisher.columns',
    'The columns exist',
    unknown.length === 0,
    unknown.length === 0
      ? `${columns.length} of ${own.length} columns leave`
      : `there is no ${joined(unknown)}`,
    null,
    at,
  );
  if (!own.includes(tenantColumn)) {
    say(
      'publisher',
      'publisher.tenant_column',
      'Rows name their tenant',
      false,
      `${table} has no column ${tenantColumn}, so its rows cannot be filtered`,
      null,
      at,
    );
    return;
  }
  const key = facts.identityColumns.filter(c => c !== tenantColumn);
  const whole = [...(key.length > 0 ? key : own.filter(c => c === 'id')), tenantColumn];
  const found = {
    default:
      facts.identityColumns.length > 0
        ? `the primary key (${joined(facts.identityColumns)})`
        : 'there is no primary key',
    index: `an index over (${joined(facts.identityColumns)})`,
    nothing: 'nothing identifies a row',
    full: 'the whole row, which a column list does not allow',
  }[facts.identity];
  const identified = facts.identity !== 'full' && facts.identityColumns.length > 0;
  say(
    'publisher',
    'publisher.identity',
    'A replica identity is there',
    identified,
    found,
    identitySql(table, whole),
    at,
  );
  if (identified)
    say(
      'publisher',
      'publisher.filter',
      'The replica identity covers the filter column',
      facts.identityColumns.includes(tenantColumn),
      `it is ${found}; rows are filtered by ${tenantColumn}`,
      identitySql(table, whole),
      at,
    );
  const lists = [...new Set([...facts.identityColumns, tenantColumn])].filter(c => !columns.includes(c));
  say(
    'publisher',
    'publisher.column_list',
    'The column list covers identity and filter',
    lists.length === 0,
    lists.length === 0 ? 'it does' : `it lacks ${joined(lists)}`,
    `ALTER PUBLICATION ${wanted.publication} SET TABLE ${table} (${joined([...lists, ...columns])});`,
    at,
  );
  guardCheck(say, 'publisher', table, facts);
  const personal = facts.columns.filter(c => c.personal && columns.includes(c.name)).map(c => c.name);
  say(
    'publisher',
    'publisher.personal',
    'No personal column leaves',
    wanted.raw || personal.length === 0,
    personal.length === 0
      ? 'none does'
      : wanted.raw
        ? `${joined(personal)} leave with consent`
        : `${joined(personal)} would leave; a column with a keyed hash may leave in its place`,
    personal.length === 0 ? null : shadowSql(table, personal),
    at,
  );
  say(
    'publisher',
    'publisher.select',
    'The subscriber’s login may read it',
    facts.permitted,
    facts.permitted ? `${p.role.name} may` : `${p.role.name} may not`,
    `GRANT USAGE ON SCHEMA ${table.split('.')[0]} TO ${p.role.name};\nGRANT SELECT ON ${table} TO ${p.role.name};`,
    at,
  );
  if (facts.rowSecurity)
    say(
      'publisher',
      'publisher.copy',
      'The first copy sees every row',
      p.role.bypass,
      p.role.bypass
        ? `${p.role.name} passes row level security`
        : `row level security would hide rows from ${p.role.name}`,
      `ALTER ROLE ${p.role.name} BYPASSRLS;`,
      at,
    );
}

/**
 * A column that may leave in its place. The function of the hash comes with the first stream, which also fills what was
 * entered before: until then the trigger leaves the column empty, and refuses no write. It runs as whoever made it, who
 * need not be let into the schema of the console: even to ask for the function would be refused then, and every write with it.
 */
const shadowSql = (table: string, columns: readonly string[]) =>
  columns
    .map(
      c => `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${c}_key text;
COMMENT ON COLUMN ${table}.${c}_key IS 'shadow: ${c}';
CREATE OR REPLACE FUNCTION ${table}_${c}_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF has_schema_privilege(to_regnamespace('atom_region'), 'USAGE') THEN
    IF to_regprocedure('atom_region.keyed_hash(text)') IS NOT NULL THEN NEW.${c}_key := atom_region.keyed_hash(NEW.${c}::text); END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER ${c}_key BEFORE INSERT OR UPDATE OF ${c} ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_${c}_key();`,
    )
    .join('\n');

export function subscriberTable(
  say: Say,
  s: Side,
  source: TableFacts | null,
  table: string,
  columns: readonly string[],
): void {
  const facts = s.tables[table] ?? null;
  const at = { table };
  const typeOf = (name: string) => source?.columns.find(c => c.name === name)?.type ?? 'text';
  if (!facts) {
    say(
      'subscriber',
      'subscriber.table',
      'The table exists',
      false,
      `there is no ${table}`,
      `CREATE TABLE ${table} (${columns.map(c => `${c} ${typeOf(c)}`).join(', ')}, PRIMARY KEY (${joined(source?.identityColumns ?? ['id'])}));`,
      at,
    );
    return;
  }
  const own = new Map(facts.columns.map(c => [c.name, c.type]));
  const missing = columns.filter(c => !own.has(c));
  say(
    'subscriber',
    'subscriber.columns',
    'The columns exist',
    missing.length === 0,
    missing.length === 0 ? 'they do' : `there is no ${joined(missing)}`,
    missing.map(c => `ALTER TABLE ${table} ADD COLUMN ${c} ${typeOf(c)};`).join('\n'),
    at,
  );
  const other = columns.filter(c => own.has(c) && source && own.get(c) !== typeOf(c));
  if (other.length > 0)
    say(
      'subscriber',
      'subscriber.types',
      'The columns have the same types',
      'warn',
      `${joined(other)} differ`,
      other.map(c => `ALTER TABLE ${table} ALTER COLUMN ${c} TYPE ${typeOf(c)};`).join('\n'),
      at,
    );
  say(
    'subscriber',
    'subscriber.row_security',
    'Row level security holds on the mirror',
    facts.rowSecurity && facts.forced,
    facts.rowSecurity ? (facts.forced ? 'it is forced' : 'its owner escapes it') : 'it is off',
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;\nALTER TABLE ${table} FORCE ROW LEVEL SECURITY;`,
    at,
  );
  if (facts.rowSecurity && s.role.exists)
    say(
      'subscriber',
      'subscriber.bypass',
      'Applying passes row level security',
      s.role.bypass,
      s.role.bypass
        ? `${s.role.name} has BYPASSRLS`
        : `${s.role.name} has not, so its first row would be refused`,
      `ALTER ROLE ${s.role.name} BYPASSRLS;`,
      at,
    );
  say(
    'subscriber',
    'subscriber.apply',
    'The apply role may write it',
    facts.permitted,
    facts.permitted ? `${s.role.name} may` : `${s.role.name} may not`,
    `GRANT USAGE ON SCHEMA ${table.split('.')[0]} TO ${s.role.name};\nGRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ${table} TO ${s.role.name};`,
    at,
  );
  guardCheck(say, 'subscriber', table, facts);
  const keyed = facts.identityColumns.length > 0;
  say(
    'subscriber',
    'subscriber.identity',
    'A changed row is found without reading the whole table',
    keyed,
    keyed ? `by (${joined(facts.identityColumns)})` : 'there is no primary key and no replica identity',
    `ALTER TABLE ${table} ADD PRIMARY KEY (id);`,
    at,
  );
}

/** The copy stops at the first row that lies there already, and the stream with it. Nothing is deleted that could be the only one. */
export function rowsThere(
  say: Say,
  s: Side,
  facts: TableFacts,
  table: string,
  { tenants, fed }: WantedStream,
): void {
  const of = tenants.map(t => `'${t.replaceAll("'", "''")}'`).join(', ');
  const other = fed?.[table];
  const keep = other
    ? `the stream ${other} brings them`
    : s.writes
      ? 'this region has the right to write: the stream leads the wrong way round'
      : facts.held === 'values'
        ? 'with personal values, which this stream does not bring: look at them before anything is deleted'
        : null;
  const found = {
    nothing: 'none do',
    rows: `some do, ${keep ?? 'as an earlier stream leaves them'}`,
    values: `some do, ${keep}`,
  };
  say(
    'subscriber',
    'subscriber.rows',
    'No rows of these tenants lie there yet',
    facts.held === null ? 'warn' : facts.held === 'nothing',
    facts.held === null ? 'it could not be looked at in time' : found[facts.held],
    keep === null && facts.held !== null
      ? `BEGIN;\nSET LOCAL session_replication_role = replica;\nDELETE FROM ${table} WHERE tenant_id IN (${of});\nCOMMIT;`
      : null,
    { table },
  );
}
