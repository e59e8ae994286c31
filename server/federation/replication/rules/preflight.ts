import type { Check } from '../schema.ts';
import type { Facts, Side, TableFacts, WantedStream } from './facts.ts';
import { joined, publisherTable, rowsThere, type Say, subscriberTable } from './preflight-tables.ts';

/** A column list that was not given: everything that is not personal, unless raw data may leave. */
export const defaultColumns = (table: TableFacts, raw: boolean): string[] =>
  table.columns.filter(column => raw || !column.personal).map(column => column.name);

export const sayInto =
  (checks: Check[]): Say =>
  (side, id, title, ok, found, mend = null, more = {}) => {
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
  };

export function preflightChecks(wanted: WantedStream, { publisher, subscriber }: Facts): Check[] {
  const checks: Check[] = [];
  const say = sayInto(checks);
  serverChecks(say, wanted, { publisher, subscriber });
  for (const { table, columns } of wanted.tables) {
    if (publisher.silent === null) publisherTable(say, publisher, table, columns, wanted);
    if (subscriber.silent === null)
      subscriberTable(say, subscriber, publisher.tables[table] ?? null, table, columns);
    if (subscriber.tables[table]) rowsThere(say, subscriber, subscriber.tables[table], table, wanted);
  }
  return checks;
}

/** What is asked of the two servers, whichever tables it is about, for so many streams; one that is silent is named. */
export function serverChecks(
  say: Say,
  wanted: WantedStream,
  { publisher, subscriber }: Facts,
  streams = 1,
): void {
  for (const [side, facts] of [
    ['publisher', publisher],
    ['subscriber', subscriber],
  ] as const) {
    if (facts.silent !== null)
      say(side, `${side}.reachable`, 'The server answers', false, facts.silent, null, { result: 'unknown' });
    if (facts.shutOut.length > 0)
      say(
        side,
        `${side}.key_owners`,
        'Triggers that make keyed hashes may use atom_region',
        false,
        `the console may not let in ${joined(facts.shutOut)}`,
        `GRANT USAGE ON SCHEMA atom_region TO ${facts.shutOut.join(', ')};`,
      );
  }
  if (publisher.silent === null) publisherChecks(say, publisher, streams);
  if (subscriber.silent === null) subscriberChecks(say, subscriber, wanted.tables.length, streams);
}

const free = (what: string, streams: number): string =>
  streams === 1 ? `A ${what} is free` : `${streams} ${what}s are free`;

function publisherChecks(say: Say, p: Side, streams: number): void {
  const restart = { restart: true };
  say(
    'publisher',
    'publisher.wal_level',
    'wal_level is logical',
    p.walLevel === 'logical',
    `it is ${p.walLevel}`,
    "ALTER SYSTEM SET wal_level = 'logical';",
    restart,
  );
  const idle = p.slots.idle[0];
  say(
    'publisher',
    'publisher.slots',
    free('replication slot', streams),
    p.slots.used + streams <= p.slots.max,
    `${p.slots.used} of ${p.slots.max} are used${p.slots.idle.length > 0 ? `; idle: ${joined(p.slots.idle)}` : ''}`,
    idle
      ? `SELECT pg_drop_replication_slot('${idle}');`
      : `ALTER SYSTEM SET max_replication_slots = ${Math.max(p.slots.max, p.slots.used + streams) + 4};`,
    { restart: !idle },
  );
  say(
    'publisher',
    'publisher.senders',
    free('WAL sender', streams),
    p.senders.used + streams <= p.senders.max,
    `${p.senders.used} of ${p.senders.max} are used`,
    `ALTER SYSTEM SET max_wal_senders = ${Math.max(p.senders.max, p.senders.used + streams) + 4};`,
    restart,
  );
  say(
    'publisher',
    'publisher.wal_keep',
    'max_slot_wal_keep_size is set',
    p.walKeepMb >= 0,
    p.walKeepMb < 0 ? 'a stalled subscriber may fill the disk' : `a slot keeps at most ${p.walKeepMb} MB`,
    "ALTER SYSTEM SET max_slot_wal_keep_size = '1GB';\nSELECT pg_reload_conf();",
  );
  say(
    'publisher',
    'publisher.login',
    'The subscriber’s login may replicate',
    p.role.exists && p.role.replication,
    p.role.exists
      ? `${p.role.name} ${p.role.replication ? 'may' : 'may not'}`
      : `there is no role ${p.role.name}`,
    p.role.exists
      ? `ALTER ROLE ${p.role.name} REPLICATION;`
      : `CREATE ROLE ${p.role.name} LOGIN REPLICATION;`,
  );
}

function subscriberChecks(say: Say, s: Side, tables: number, streams: number): void {
  say(
    'subscriber',
    'subscriber.apply_role',
    'The apply role exists and may subscribe',
    s.role.exists && s.role.subscribes,
    s.role.exists
      ? `${s.role.name} ${s.role.subscribes ? 'may' : 'may not'}`
      : `there is no role ${s.role.name}`,
    s.role.exists
      ? `GRANT pg_create_subscription TO ${s.role.name};`
      : `CREATE ROLE ${s.role.name} LOGIN BYPASSRLS;\nGRANT pg_create_subscription TO ${s.role.name};`,
  );
  if (s.role.exists)
    say(
      'subscriber',
      'subscriber.apply_login',
      'The apply role may log in',
      s.role.login,
      s.role.login
        ? `${s.role.name} may; without a password nobody but a worker does`
        : `${s.role.name} may not, so its worker would end at once`,
      `ALTER ROLE ${s.role.name} LOGIN;`,
    );
  say(
    'subscriber',
    'subscriber.workers',
    streams === 1 ? 'An apply worker is free' : `${streams} apply workers are free`,
    s.workers.used + streams <= s.workers.max,
    `${s.workers.used} of ${s.workers.max} are used`,
    `ALTER SYSTEM SET max_logical_replication_workers = ${Math.max(s.workers.max, s.workers.used + streams) + tables + 2};`,
    { restart: true },
  );
  const setting = s.version >= 180_000 ? 'max_active_replication_origins' : 'max_replication_slots';
  say(
    'subscriber',
    'subscriber.origins',
    free('replication origin', streams),
    s.origins.used + streams <= s.origins.max,
    `${s.origins.used} of ${s.origins.max} are used`,
    `ALTER SYSTEM SET ${setting} = ${Math.max(s.origins.max, s.origins.used + streams) + 4};`,
    { restart: true },
  );
}

/** What keeps a stream from being made. */
export const blocking = (checks: readonly Check[]): Check[] =>
  checks.filter(c => c.result === 'fail' || c.result === 'unknown');
