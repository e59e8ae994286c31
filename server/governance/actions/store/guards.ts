import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Freeze, GuardSetting, PastOrder } from '../rules/guards.ts';

/** Whoever can be asked: a reader, or the transaction in which the answer is to hold. */
export type Asked = Pick<ReadDb, 'query'>;

export const askedIn = (tx: Tx): Asked => ({
  query: <T>({ sql, parameters }: Parameters<ReadDb['query']>[0]) =>
    tx.$queryRawUnsafe(sql, ...(parameters as unknown[])) as Promise<T[]>,
});

/** Until the transaction ends, nobody else counts what this tenant's executions touched. */
export const holdBudget = (tx: Tx, tenantId: string) =>
  tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`action-budget:${tenantId}`}, 0))`;

export interface GuardRecord extends GuardSetting {
  killedAt: string | null;
  version: number;
}

const guardColumns = `tenant_id as "tenantId", killed, killed_by as "killedBy", killed_reason as "killedReason",
  killed_at as "killedAt", hourly_targets as "hourlyTargets", flap_limit as "flapLimit", flap_minutes as "flapMinutes", version`;

/** Of the tenant and of everybody. */
export const selectGuardsOf = (db: Asked, tenantId: string): Promise<GuardRecord[]> =>
  db.query({
    name: 'action-guards-of',
    sql: `select ${guardColumns} from action_guards_of($1)`,
    parameters: [tenantId],
  });

export const selectFreezesOf = (db: Asked, tenantId: string, now: Date): Promise<Freeze[]> =>
  db.query({
    name: 'action-freezes-of',
    sql: `select tenant_id as "tenantId", to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "startsAt",
      to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "endsAt", reason from action_freezes_of($1, $2)`,
    parameters: [tenantId, now],
  });

/** Changes that were really ordered for this tenant within the last day. */
export const selectOrders = (db: Asked, tenantId: string, now: Date, except: string): Promise<PastOrder[]> =>
  db.query({
    name: 'action-orders',
    sql: `select target, to_char(ordered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at from action_step
      where tenant_id = $1 and ordered_at > $2::timestamptz - interval '1 day' and execution_id <> $3 and action <> 'dryrun'
      order by ordered_at desc limit 1000`,
    parameters: [tenantId, now, except],
  });

/** What executions that have begun to change something will still change; one that is halted may be told to go on. */
export const selectAhead = async (db: Asked, tenantId: string, except: string): Promise<string[]> =>
  (
    await db.query<{ target: string }>({
      name: 'action-ahead',
      sql: `select distinct s.target from action_execution e join action_step s on s.execution_id = e.id
        where e.tenant_id = $1 and e.id <> $2 and not e.dry_run and e.state in ('applying', 'judging', 'undecided', 'verifying')
          and s.n >= e.step and s.ordered_at is null and s.action <> 'dryrun'
          and exists (select 1 from action_step o where o.execution_id = e.id and o.ordered_at is not null)`,
      parameters: [tenantId, except],
    })
  ).map(row => row.target);

export const selectGuards = (db: ReadDb): Promise<GuardRecord[]> =>
  db.query({
    name: 'action-guards',
    sql: `select ${guardColumns} from action_guard order by tenant_id`,
    parameters: [],
  });

export const selectFreezes = (db: ReadDb, now: Date) =>
  db.query<{
    id: string;
    tenantId: string;
    startsAt: string;
    endsAt: string;
    reason: string;
    createdBy: string;
  }>({
    name: 'action-freezes',
    sql: `select id, tenant_id as "tenantId", starts_at as "startsAt", ends_at as "endsAt", reason, created_by as "createdBy"
      from action_freeze where ended_at is null and ends_at > $1 order by starts_at limit 200`,
    parameters: [now],
  });

export const selectLocks = (db: ReadDb, now: Date) =>
  db.query<{ target: string; executionId: string; until: string }>({
    name: 'action-locks',
    sql: `select target, execution_id as "executionId", until from action_lock where until > $1 order by target limit 200`,
    parameters: [now],
  });

/** All of them or none: in a fixed order, so that two executions never wait for one another. */
export async function takeLocks(
  tx: Tx,
  { id, tenantId }: { id: string; tenantId: string },
  targets: readonly string[],
  now: Date,
  until: Date,
): Promise<string | null> {
  for (const target of [...new Set(targets)].toSorted()) {
    const [row] = await tx.$queryRaw<
      { holder: string }[]
    >`select take_action_lock(${target}, ${tenantId}, ${id}, ${now}, ${until}) as holder`;
    if (row?.holder !== id) return target;
  }
  return null;
}

export const dropLocks = (tx: Tx, id: string) => tx.actionLock.deleteMany({ where: { executionId: id } });

export async function saveGuard(
  tx: Tx,
  tenantId: string,
  version: number | null,
  change: Partial<Omit<GuardSetting, 'tenantId'>> & { killedAt?: Date | null },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.actionGuard.createMany({
    data: [{ ...change, tenantId, updatedAt: now }],
    skipDuplicates: true,
  });
  if (count === 1) return version === null || version === 0;
  const updated = await tx.actionGuard.updateMany({
    where: { tenantId, ...(version === null ? {} : { version }) },
    data: { ...change, version: { increment: 1 }, updatedAt: now },
  });
  return updated.count === 1;
}

export const insertFreeze = (
  tx: Tx,
  row: {
    id: string;
    tenantId: string;
    startsAt: Date;
    endsAt: Date;
    reason: string;
    createdBy: string;
    createdAt: Date;
  },
) => tx.actionFreeze.create({ data: row });

export const findFreeze = (db: ReadDb, id: string) =>
  db.one<{ id: string; tenantId: string }>({
    name: 'action-freeze',
    sql: 'select id, tenant_id as "tenantId" from action_freeze where id = $1 and ended_at is null',
    parameters: [id],
  });

export async function endFreezeRow(tx: Tx, id: string, by: string, now: Date): Promise<boolean> {
  const { count } = await tx.actionFreeze.updateMany({
    where: { id, endedAt: null },
    data: { endedAt: now, endedBy: by },
  });
  return count === 1;
}
