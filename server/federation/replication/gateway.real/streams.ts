import { giveShadowKey, installRegion, takeShadowKey } from '#kernel/regions/install.ts';
import { runSecret, withSecrets } from '#kernel/regions/secrets.ts';
import { replicationLogin } from '#kernel/regions/servers.ts';
import {
  quoteName,
  quoteText,
  type RegionSql,
  RegionUnreachable,
  regionSession,
  regionSql,
} from '#kernel/regions/sql.ts';
import type { MakeOptions, StreamPlan } from '../gateway.ts';
import { namesOf } from '../rules/names.ts';
import { applyRole, quoteTable, tenantFilter } from './quote.ts';

/** Its own of each stream: what came by another one says nothing about it. The column has the name of when it was a region's. */
export const heartbeat = 'atom_region.heartbeat';
const beatFilter = (id: string) => `(region = ${quoteText(id)})`;
const tableClause = (plan: StreamPlan, table: string): string => {
  const columns = plan.tables.find(t => t.table === table)?.columns ?? [];
  return `${quoteTable(table)} (${columns.map(quoteName).join(', ')}) where (${tenantFilter(plan.tenants)})`;
};

/** The heartbeat travels with the rows, so that an idle database does not look like a stalled stream. */
export async function publish(plan: StreamPlan): Promise<void> {
  const { publication, slot } = namesOf(plan.id);
  await installRegion(plan.publisher);
  await regionSession(plan.publisher, async sql => {
    const [there] = await sql.query('select 1 from pg_publication where pubname = $1', [publication]);
    if (!there)
      await sql.query(
        `create publication ${publication} for table ${plan.tables.map(t => tableClause(plan, t.table)).join(', ')},
          ${heartbeat} where ${beatFilter(plan.id)} with (publish = 'insert, update, delete')`,
      );
    await giveShadowKey(sql);
    const [kept] = await sql.query<{ whole: boolean }>(
      'select confirmed_flush_lsn is not null as whole from pg_replication_slots where slot_name = $1',
      [slot],
    );
    // Somebody who gave up waiting may have left one that keeps nothing yet: what is written before it is whole would be lost.
    if (kept && !kept.whole)
      throw new RegionUnreachable(plan.publisher, `the slot ${slot} is still being made there`);
    if (!kept) await sql.query('select pg_create_logical_replication_slot($1, $2)', [slot, 'pgoutput']);
  });
}

/** Streams of before had the publisher's beat, all of them the same one. */
export async function publishBeat(sql: RegionSql, id: string): Promise<void> {
  const { publication } = namesOf(id);
  const [there] = await sql.query<{ right: boolean | null }>(
    `select pg_get_expr(r.prqual, r.prrelid) = '(region = ' || quote_literal($3::text) || '::text)' as right
     from pg_publication p left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = to_regclass($2) where p.pubname = $1`,
    [publication, heartbeat, id],
  );
  if (!there || there.right) return;
  await sql.query('begin');
  if (there.right === false) await sql.query(`alter publication ${publication} drop table ${heartbeat}`);
  await sql.query(`alter publication ${publication} add table ${heartbeat} where ${beatFilter(id)}`);
  await sql.query('commit');
}

export async function subscribe(plan: StreamPlan, { copy }: MakeOptions): Promise<void> {
  const { publication, subscription, slot } = namesOf(plan.id);
  const login = replicationLogin(plan.publisher);
  if (!login) throw new RegionUnreachable(plan.publisher, 'none is connected');
  await installRegion(plan.subscriber);
  await regionSession(
    plan.subscriber,
    async sql => {
      const [there] = await sql.query('select 1 from pg_subscription where subname = $1', [subscription]);
      if (there) return takeShadowKey(sql);
      await sql.query(`delete from ${heartbeat} where region = $1`, [plan.id]);
      const [version] = await sql.query<{ n: number }>(
        "select current_setting('server_version_num')::int as n",
      );
      const modern = (version?.n ?? 0) >= 160_000 ? ', origin = none, run_as_owner = true' : '';
      const [role] = await sql.query<{ is: boolean }>('select to_regrole($1) is not null as is', [applyRole]);
      await withSecrets(sql, async () => {
        if (role?.is) await sql.query(`set local role ${applyRole}`);
        await runSecret(
          sql,
          `create subscription ${subscription} connection %1$L publication ${publication}
            with (create_slot = false, slot_name = ${quoteText(slot)}, copy_data = ${copy}, disable_on_error = true${modern})`,
          [login.conninfo],
        );
      });
      await takeShadowKey(sql);
    },
    30_000,
  );
}

/** So many looks a worker has to end by itself. */
const endAfter = 10;
/** Not every login may end another one's worker; then it is waited for. */
const mayNot = (error: unknown) => {
  if ((error as { code?: unknown }).code !== '42501') throw error;
};

/**
 * Nothing is applied from here on. The subscription stays, and with it how far it came, so that the stream can be put back;
 * dropping it would also ask the publisher about tables that are being copied, and hang where that stands still. A worker
 * that waits for such a publisher does not notice that it was switched off: it is ended.
 */
export async function detach(plan: StreamPlan): Promise<void> {
  const { subscription } = namesOf(plan.id);
  await regionSession(plan.subscriber, async sql => {
    const [there] = await sql.query('select 1 from pg_subscription where subname = $1', [subscription]);
    if (!there) return;
    await sql.query(`alter subscription ${subscription} disable`);
    for (let i = 0; i < 100; i += 1) {
      const left = await sql.query<{ pid: number }>(
        'select pid from pg_stat_subscription where subname = $1 and pid is not null',
        [subscription],
      );
      if (left.length === 0) return;
      if (i >= endAfter)
        await Promise.all(
          left.map(({ pid }) => sql.query('select pg_terminate_backend($1)', [pid]).catch(mayNot)),
        );
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error(`The subscription ${subscription} still applies what it received.`);
  });
}

/** As it was before `detach`: it goes on where it had come to. */
export async function attach(plan: StreamPlan): Promise<void> {
  const { subscription } = namesOf(plan.id);
  const [there] = await regionSql(plan.subscriber).query('select 1 from pg_subscription where subname = $1', [
    subscription,
  ]);
  if (there) await setPaused(plan, false);
  else await subscribe(plan, { copy: false });
}

/** False: somebody still reads it. One that stayed would give everything since then once more to whoever follows next. */
async function dropSlot(sql: RegionSql, slot: string): Promise<boolean> {
  for (let i = 0; i < 80; i += 1) {
    const [row] = await sql.query<{ pid: number | null }>(
      'select active_pid as pid from pg_replication_slots where slot_name = $1',
      [slot],
    );
    if (!row) return true;
    if (row.pid === null) {
      await sql.query('select pg_drop_replication_slot($1)', [slot]);
      return true;
    }
    if (i % 10 === 0) await sql.query('select pg_terminate_backend($1)', [row.pid]);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return false;
}

/** Dropping a subscription would also drop its slot over the network, and hang where the publisher is gone: each side is done by itself. */
export async function remove(plan: StreamPlan): Promise<boolean> {
  const unsubscribed = await unsubscribe(plan);
  return (await unpublish(plan)) && unsubscribed;
}

export function unsubscribe({ id, subscriber }: StreamPlan): Promise<boolean> {
  const { subscription } = namesOf(id);
  return quietly(async () => {
    await regionSession(subscriber, async sql => {
      const [there] = await sql.query('select 1 from pg_subscription where subname = $1', [subscription]);
      if (!there) return;
      await sql.query(`alter subscription ${subscription} disable`);
      await sql.query(`alter subscription ${subscription} set (slot_name = none)`);
      await sql.query(`drop subscription ${subscription}`);
    });
  });
}

export async function unpublish({ id, publisher }: StreamPlan): Promise<boolean> {
  const { publication, slot } = namesOf(id);
  let gone = false;
  const answers = await quietly(async () => {
    await regionSession(publisher, async sql => {
      gone = await dropSlot(sql, slot);
      if (!gone) return;
      await sql.query(`drop publication if exists ${publication}`);
      await takeShadowKey(sql);
    });
  });
  return answers && gone;
}

export async function setPaused(plan: StreamPlan, paused: boolean): Promise<void> {
  const { subscription } = namesOf(plan.id);
  await regionSql(plan.subscriber).query(
    `alter subscription ${subscription} ${paused ? 'disable' : 'enable'}`,
  );
}

/** Out of the publication and in again: only then is the table copied anew, while the others go on. */
export async function resync(plan: StreamPlan, table: string): Promise<void> {
  const { publication, subscription } = namesOf(plan.id);
  const publisher = regionSql(plan.publisher);
  const refresh = (copy: boolean) =>
    regionSql(plan.subscriber, 30_000).query(
      `alter subscription ${subscription} refresh publication with (copy_data = ${copy})`,
    );
  const published = async () =>
    (
      await publisher.query(
        'select 1 from pg_publication_tables where pubname = $1 and schemaname || $2 || tablename = $3',
        [publication, '.', table],
      )
    ).length > 0;
  if (await published())
    await publisher.query(`alter publication ${publication} drop table ${quoteTable(table)}`);
  await refresh(false);
  await asReplica(plan.subscriber, sql =>
    sql.query(`delete from ${quoteTable(table)} where ${tenantFilter(plan.tenants)}`),
  );
  await publisher.query(`alter publication ${publication} add table ${tableClause(plan, table)}`);
  await refresh(true);
}

/** As the apply worker would: triggers of the service, and the write lease of a region that holds none, do not speak here. */
export async function asReplica(region: string, use: (sql: RegionSql) => Promise<unknown>): Promise<void> {
  await regionSession(
    region,
    async sql => {
      await sql.query('begin');
      await sql.query('set local session_replication_role = replica');
      await use(sql);
      await sql.query('commit');
    },
    120_000,
  );
}

async function quietly(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof RegionUnreachable) return false;
    throw error;
  }
}
