import { env } from '../env/env.ts';
import { type RegionSql, regionSession } from './sql.ts';

/**
 * What the console keeps inside a region's own database: a heartbeat that replicates, the write lease, and the guard
 * that asks it at COMMIT. Everything lies in the schema `atom_region`; applying it again changes nothing.
 *
 * The guard holds a shared advisory lock from its question until after the commit, and a fence takes the exclusive one:
 * whoever was let through has committed before the fence is closed. The fence is a sequence because a sequence is read
 * as it is now, also by a transaction whose snapshot is older.
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
create or replace function atom_region.require_lease() returns trigger language plpgsql security definer
set search_path = pg_catalog, atom_region as $body$
declare l atom_region.write_lease; fenced bigint; n timestamptz;
begin
  perform pg_advisory_xact_lock_shared(4182133641);
  select * into l from atom_region.write_lease;
  select last_value into fenced from atom_region.fence;
  n := clock_timestamp();
  if not found or l.region is null then
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
  return null;
end $body$;
create or replace function atom_region.guard(tbl regclass) returns void language plpgsql as $body$
begin
  if not exists (select 1 from pg_trigger where tgrelid = tbl and tgname = 'atom_write_lease') then
    execute format('create constraint trigger atom_write_lease after insert or update or delete on %s
      deferrable initially deferred for each row execute function atom_region.require_lease()', tbl);
  end if;
end $body$;`;

/** A hash of personal data that only whoever holds the installation's key can make again. */
const shadow = `
create extension if not exists pgcrypto with schema public;
create or replace function atom_region.keyed_hash(value text) returns text language sql stable strict security definer
set search_path = pg_catalog, public as $body$
  select encode(public.hmac(convert_to(lower(value), 'UTF8'), k.key, 'sha256'), 'hex') from atom_region.shadow_key k
$body$;`;

export async function installControl(sql: RegionSql): Promise<void> {
  await sql.query('select pg_advisory_lock(4182133640)');
  try {
    await sql.query(control);
    await sql.query(shadow);
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
    const [there] = await sql.query(
      "select to_regprocedure('atom_region.keyed_hash(text)') is not null as is",
    );
    if (there?.is !== true) await installControl(sql);
  });
