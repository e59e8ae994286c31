import { guardedSql, installRegion } from '#kernel/regions/install.ts';
import { withSecrets } from '#kernel/regions/secrets.ts';
import { replicationLogin } from '#kernel/regions/servers.ts';
import {
  quoteName,
  type RegionSql,
  RegionUnreachable,
  regionSession,
  regionSql,
} from '#kernel/regions/sql.ts';
import type { FencingGateway, Lease } from './gateway.ts';
import { leaseMs } from './rules/lease.ts';
import type { Found } from './schema.ts';

const quickMs = 1_500;
const quick = (region: string) => regionSql(region, quickMs);
const quoteTable = (table: string) => table.split('.').map(quoteName).join('.');

export const realFencing: FencingGateway = {
  simulated: false,
  now: async region => {
    const [row] = await quick(region).query<{ clock: string; lsn: string }>(
      'select clock_timestamp()::text as clock, pg_current_wal_lsn()::text as lsn',
    );
    if (!row) throw new RegionUnreachable(region, 'it said nothing');
    return row;
  },
  lease: async region => {
    const [there] = await quick(region).query(
      "select to_regclass('atom_region.write_lease') is not null as is",
    );
    if (there?.is !== true) return null;
    const [row] = await quick(region).query<Lease>(
      `select l.epoch, f.last_value as fence, l.epoch >= f.last_value and clock_timestamp() < l.expires_at as holds
       from atom_region.write_lease l, atom_region.fence f`,
    );
    return row ?? null;
  },
  word: async region => {
    const sql = quick(region);
    const [own] = await sql.query<{ there: boolean; probed: boolean; lsn: string; follows: string[] }>(
      `select to_regclass('atom_region.fence') is not null as there, to_regclass('atom_region.write_probe') is not null as probed,
         pg_current_wal_lsn()::text as lsn, (select coalesce(array_agg(subname::text order by subname), '{}') from pg_subscription
           where subenabled and subdbid = (select oid from pg_database where datname = current_database())) as follows`,
    );
    if (!own) throw new RegionUnreachable(region, 'it said nothing');
    const { lsn, follows } = own;
    if (!own.there)
      return { fence: 0, leaseEpoch: null, holds: false, renewedAt: null, writtenAt: null, lsn, follows };
    const [row] = await sql.query<Omit<Found, 'at' | 'answers' | 'lsn' | 'follows'>>(
      `select f.last_value::int as fence, l.epoch::int as "leaseEpoch", l.renewed_at as "renewedAt",
         coalesce(l.epoch >= f.last_value and clock_timestamp() < l.expires_at, false) as holds,
         ${own.probed ? '(select max(at) from atom_region.write_probe)' : 'null'} as "writtenAt"
       from atom_region.fence f left join atom_region.write_lease l on true`,
    );
    if (!row) throw new RegionUnreachable(region, 'it said nothing');
    return { ...row, lsn, follows };
  },
  renew: async (region, epoch, clock) => {
    const taken = await quick(region).query(
      `insert into atom_region.write_lease (region, epoch, renewed_at, expires_at)
       select $1, $2::bigint, $3::timestamptz, $3::timestamptz + $4 * interval '1 millisecond'
       from atom_region.fence where last_value <= $2::bigint
       on conflict (only_one) do update set region = excluded.region, epoch = excluded.epoch,
         renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
       where write_lease.epoch <= excluded.epoch and write_lease.expires_at <= excluded.expires_at returning epoch`,
      [region, epoch, clock, leaseMs],
    );
    return taken.length > 0;
  },
  fence: closeFence,
  probe: async region => {
    await installProbe(region);
    const [row] = await quick(region).query<{ at: string }>(
      'insert into atom_region.write_probe (at) values (clock_timestamp()) returning at',
    );
    await quick(region)
      .query("delete from atom_region.write_probe where at < clock_timestamp() - interval '1 day'")
      .catch(() => {});
    return row?.at ?? '';
  },
  raiseSequences: async (region, tables, margin) => {
    const raised: string[] = [];
    for (const table of tables) {
      const columns = await regionSql(region).query<{ name: string; sequence: string }>(
        `select a.attname::text as name, pg_get_serial_sequence($1, a.attname) as sequence from pg_attribute a
         where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped and pg_get_serial_sequence($1, a.attname) is not null`,
        [table],
      );
      for (const { name, sequence } of columns) {
        const [row] = await regionSql(region, 60_000).query<{ v: number }>(
          `select setval($1, greatest((select coalesce(max(${quoteName(name)}), 0) from ${quoteTable(table)}) + $2,
             (select last_value from ${sequence}))) as v`,
          [sequence, margin],
        );
        raised.push(`${sequence} = ${row?.v}`);
      }
    }
    return raised;
  },
  unguarded: async (region, tables) => {
    const open = await unguardedOf(region, tables);
    if (open.length === 0) return open;
    // What mends it has to be there, as it is meant now; it may mend it by itself.
    await installRegion(region);
    return unguardedOf(region, tables);
  },
  seenFrom: async (observer, region) => {
    const login = replicationLogin(region);
    if (!login) return { up: null, said: 'no server is connected' };
    try {
      return await regionSession(
        observer,
        async sql => {
          const [has] = await sql.query("select to_regproc('public.dblink_connect_u') is not null as is");
          if (has?.is !== true) await sql.query('create extension if not exists dblink with schema public');
          const [row] = await withSecrets(sql, () =>
            sql.query<{ up: boolean }>("select up from public.dblink($1, 'select true') as t (up boolean)", [
              login.conninfo.replace("connect_timeout='3'", "connect_timeout='2'"),
            ]),
          );
          return { up: row?.up === true, said: `${observer} reached it` };
        },
        4_000,
      );
    } catch (error) {
      // Its own silence says nothing about the other one; an answer that the other did not answer does.
      if (error instanceof RegionUnreachable) {
        const hung = /timeout/i.test(error.message) && (await answers(observer));
        return hung
          ? { up: false, said: `${observer} waited for it in vain` }
          : { up: null, said: `${observer} does not answer itself` };
      }
      const code = (error as { code?: string }).code ?? '';
      return code === '08001'
        ? { up: false, said: `${observer} could not reach it` }
        : { up: null, said: `${observer} cannot look: ${code}` };
    }
  },
};

async function unguardedOf(region: string, tables: readonly string[]): Promise<string[]> {
  const rows = await quick(region).query<{ t: string }>(
    `select t from unnest($1::text[]) t where to_regclass(t) is null or not ${guardedSql('to_regclass(t)')}`,
    [[...tables]],
  );
  return rows.map(row => row.t);
}

const answers = (region: string): Promise<boolean> =>
  quick(region)
    .query('select 1')
    .then(
      () => true,
      () => false,
    );

/** The exclusive lock is granted once everybody who was let through has committed. */
async function closeFence(region: string, epoch: number, lapsed = false): Promise<void> {
  await quick(region).query('select 1'); // a server that stands still is not waited for any longer
  await installRegion(region);
  await regionSession(
    region,
    async sql => {
      await sql.query("set lock_timeout = '1s'");
      await endLingering(sql, lapsed);
      await sql.query('begin');
      await sql.query('select pg_advisory_xact_lock(4182133641)');
      await sql.query(
        `select setval('atom_region.fence', greatest($1::bigint, (select last_value from atom_region.fence)))`,
        [epoch],
      );
      await sql.query('commit');
      await sql.query('reset lock_timeout');
    },
    3_000,
  );
}

/**
 * A transaction that asked for its lease early and stays open would commit after the fence: it is ended instead. While the
 * lease holds, one that is busy may come to its end by itself; after it has lapsed nobody is waited for.
 */
async function endLingering(sql: RegionSql, lapsed: boolean): Promise<void> {
  await sql.query(
    `select pg_terminate_backend(l.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.objid = 4182133641 and l.mode = 'ShareLock' and ($1 or a.state like 'idle in transaction%')`,
    [lapsed],
  );
}

async function installProbe(region: string): Promise<void> {
  const [there] = await quick(region).query(
    "select to_regclass('atom_region.write_probe') is not null as is",
  );
  if (there?.is === true) return;
  await regionSql(region).query(
    `create table if not exists atom_region.write_probe (at timestamptz not null);
     select atom_region.guard('atom_region.write_probe')`,
  );
}
