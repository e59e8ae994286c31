import { createHash } from 'node:crypto';
import { env } from '../env/env.ts';
import { quoteText, type RegionSql, regionSession } from './sql.ts';

/**
 * What the console keeps inside a region's own database: heartbeats that replicate (the column `region` holds their stream), the
 * write lease, and the guard that asks it at COMMIT. Everything lies in the schema `atom_region`; applying it again changes
 * nothing.
 *
 * The guard holds a shared advisory lock from its question until after the commit, and a fence takes the exclusive one:
 * whoever was let through has committed before the fence is closed. The fence is a sequence because a sequence is read
 * as it is now, also by a transaction whose snapshot is older.
 *
 * A session may have its constraints asked before the commit. Such a transaction has to end within the lease that it was
 * told of, idle or busy: its own server ends it (`transaction_timeout`, from Postgres 17 on), whoever else can be reached.
 * A TRUNCATE knows no deferred trigger; it writes a row of ours, whose guard asks at COMMIT.
 */
const control = `
create schema if not exists atom_region;
create table if not exists atom_region.heartbeat (
  region text primary key, seq bigint not null, at timestamptz not null);
create table if not exists atom_region.write_lease (
  only_one boolean primary key default true check (only_one),
  region text not null, epoch bigint not null, renewed_at timestamptz not null, expires_at timestamptz not null);
create sequence if not exists atom_region.fence as bigint minvalue 0 start 0;
create table if not exists atom_region.shadow_key (
  only_one boolean primary key default true check (only_one), key bytea not null);
revoke all on schema atom_region from public;
create or replace function atom_region.judge_lease() returns timestamptz language plpgsql
set search_path = pg_catalog, atom_region as $body$
declare l atom_region.write_lease; fenced bigint; n timestamptz;
begin
  select * into l from atom_region.write_lease;
  select last_value into fenced from atom_region.fence;
  n := clock_timestamp();
  if l.region is null then
    raise exception 'this region holds no write lease' using errcode = 'read_only_sql_transaction';
  elsif l.epoch < fenced then
    raise exception 'region % was fenced at epoch %, its lease is of epoch %', l.region, fenced, l.epoch
      using errcode = 'read_only_sql_transaction';
  elsif n >= l.expires_at then
    raise exception 'the write lease of region % (epoch %) lapsed', l.region, l.epoch
      using errcode = 'read_only_sql_transaction';
  elsif n < l.renewed_at - interval '1 second' then
    raise exception 'the clock of region % went backwards: its write lease is in doubt', l.region
      using errcode = 'read_only_sql_transaction';
  end if;
  return l.expires_at;
end $body$;
create or replace function atom_region.end_by(lapse timestamptz) returns void language plpgsql
set search_path = pg_catalog as $body$
declare own text; own_end text;
begin
  if current_setting('server_version_num')::int < 170000 then return; end if;
  own := current_setting('transaction_timeout');
  if current_setting('atom_region.ends', true) = lapse::text and own <> '0' then return; end if;
  own_end := nullif(current_setting('atom_region.own_end', true), '');
  if own_end is null then
    own_end := case when own = '0' then 'infinity' else (transaction_timestamp() + own::interval)::text end;
    perform set_config('atom_region.own_end', own_end, true);
  end if;
  perform set_config('atom_region.ends', lapse::text, true);
  perform set_config('transaction_timeout', '0', true);
  perform set_config('transaction_timeout', greatest(1, floor(extract(epoch from
    least(lapse, own_end::timestamptz) - clock_timestamp()) * 1000))::bigint || 'ms', true);
end $body$;
create or replace function atom_region.require_lease() returns trigger language plpgsql security definer
set search_path = pg_catalog, atom_region as $body$
begin
  perform pg_advisory_xact_lock_shared(4182133641);
  perform atom_region.end_by(atom_region.judge_lease());
  return null;
end $body$;
create table if not exists atom_region.write_asked (at timestamptz not null);
create or replace function atom_region.require_lease_truncate() returns trigger language plpgsql security definer
set search_path = pg_catalog, atom_region as $body$
begin
  perform atom_region.judge_lease();
  insert into atom_region.write_asked values (now());
  delete from atom_region.write_asked where at = now();
  return null;
end $body$;
create or replace function atom_region.guard(tbl regclass) returns void language plpgsql as $body$
begin
  if not exists (select 1 from pg_trigger where tgrelid = tbl and tgname = 'atom_write_lease' and tgenabled in ('O', 'A')
      and tgfoid = 'atom_region.require_lease()'::regprocedure and tginitdeferred and tgqual is null and tgtype & 28 = 28) then
    execute format('drop trigger if exists atom_write_lease on %s', tbl);
    execute format('create constraint trigger atom_write_lease after insert or update or delete on %s
      deferrable initially deferred for each row execute function atom_region.require_lease()', tbl);
  end if;
  if not exists (select 1 from pg_trigger where tgrelid = tbl and tgname = 'atom_write_lease_truncate' and tgenabled in ('O', 'A')
      and tgfoid = 'atom_region.require_lease_truncate()'::regprocedure) then
    execute format('drop trigger if exists atom_write_lease_truncate on %s', tbl);
    execute format('create trigger atom_write_lease_truncate before truncate on %s
      for each statement execute function atom_region.require_lease_truncate()', tbl);
  end if;
end $body$;
select atom_region.guard('atom_region.write_asked');`;

/** Tables that were guarded before a guard meant what it means now; one that is busy is found by preflight. */
const guardAgain = `do $body$ declare t regclass; begin
  perform set_config('lock_timeout', '2s', true);
  for t in select tgrelid::regclass from pg_trigger where tgname = 'atom_write_lease' loop
    begin perform atom_region.guard(t); exception when lock_not_available or insufficient_privilege then null; end;
  end loop;
end $body$`;

/** Whether both halves of the guard are on a table and switched on, as an expression over its oid. */
export const guardedSql = (oid: string): string =>
  `(select count(*) = 2 from pg_trigger g join pg_proc p on p.oid = g.tgfoid join pg_namespace s on s.oid = p.pronamespace
    where g.tgrelid = ${oid} and g.tgenabled in ('O', 'A') and s.nspname = 'atom_region' and (
      (g.tgname = 'atom_write_lease' and p.proname = 'require_lease' and g.tginitdeferred and g.tgqual is null and g.tgtype & 28 = 28)
      or (g.tgname = 'atom_write_lease_truncate' and p.proname = 'require_lease_truncate')))`;

/** A hash of personal data that only whoever holds the installation's key can make again. */
const shadow = `
create extension if not exists pgcrypto with schema public;
create or replace function atom_region.keyed_hash(value text) returns text language sql stable strict security definer
set search_path = pg_catalog, public as $body$
  select encode(public.hmac(convert_to(lower(value), 'UTF8'), k.key, 'sha256'), 'hex') from atom_region.shadow_key k
$body$;`;

/** What is installed says which it is: another version of it is put over it. */
const marker = `atom control ${createHash('sha256')
  .update(control + shadow)
  .digest('hex')
  .slice(0, 16)}`;

export async function installControl(sql: RegionSql): Promise<void> {
  await sql.query('select pg_advisory_lock(4182133640)');
  try {
    await sql.query(control);
    await sql.query(shadow);
    await sql.query(guardAgain);
    await sql.query(`comment on schema atom_region is ${quoteText(marker)}`);
  } finally {
    await sql.query('select pg_advisory_unlock(4182133640)');
  }
}

/** The key of the keyed hashes lies where personal values are entered, and nowhere else: with it anybody can try values. */
export const giveShadowKey = (sql: RegionSql) =>
  sql.query('insert into atom_region.shadow_key (key) values ($1) on conflict do nothing', [
    env().secret('region-shadow-key'),
  ]);

/** From a database that follows another one and publishes nothing itself. Without the key the function answers null. */
export const takeShadowKey = (sql: RegionSql) =>
  sql.query(`delete from atom_region.shadow_key
    where not exists (select 1 from pg_publication where pubname like 'atom\\_%')
      and exists (select 1 from pg_subscription s join pg_database d on d.oid = s.subdbid
        where d.datname = current_database() and s.subname like 'atom\\_%')`);

export const installRegion = (region: string): Promise<void> =>
  regionSession(region, async sql => {
    const [there] = await sql.query<{ marker: string | null }>(
      "select obj_description(to_regnamespace('atom_region'), 'pg_namespace') as marker",
    );
    if (there?.marker !== marker) await installControl(sql);
  });
