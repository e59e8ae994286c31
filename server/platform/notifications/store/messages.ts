import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { InboxRow, Message, Outcome } from '../schema.ts';

/** False when the message is here already: the job that brings it may run twice. */
export async function insertMessage(
  tx: Tx,
  message: Message & { id: string; test: boolean },
  retired: Outcome | null,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.notificationMessage.createMany({
    data: [
      {
        id: message.id,
        groupKey: message.groupKey,
        kind: message.kind,
        severity: message.severity,
        title: message.title,
        lines: message.lines,
        link: message.link,
        users: message.to.users ?? [],
        roles: message.to.roles ?? [],
        test: message.test,
        expiresAt: message.expiresAt ? new Date(message.expiresAt) : null,
        createdAt: now,
        ...(retired ? { state: 'retired', outcome: retired, retiredAt: now } : {}),
      },
    ],
    skipDuplicates: true,
  });
  return count === 1;
}

/** The retirement that a message is too late for; both ids come from one clock, so the later one is greater. */
export async function retirementOf(tx: Tx, groupKey: string, messageId: string): Promise<Outcome | null> {
  await lockGroup(tx, groupKey);
  const group = await tx.notificationGroup.findUnique({ where: { key: groupKey } });
  return group && group.retiredBy > messageId ? (group.outcome as Outcome) : null;
}

/** A message and the retirement of its group never pass each other. */
async function lockGroup(tx: Tx, groupKey: string): Promise<void> {
  await tx.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`notification:${groupKey}`}, 0))::text`;
}

/** The ids of the messages that this retired; none when a newer retirement is known. */
export async function retireGroup(
  tx: Tx,
  by: { id: string; groupKey: string; outcome: Outcome },
  now: Date,
): Promise<string[]> {
  await lockGroup(tx, by.groupKey);
  await tx.$executeRaw`insert into notification_group (key, retired_by, outcome, at)
    values (${by.groupKey}, ${by.id}::uuid, ${by.outcome}, ${now})
    on conflict (key) do update set retired_by = excluded.retired_by, outcome = excluded.outcome, at = excluded.at
    where notification_group.retired_by < excluded.retired_by`;
  const rows = await tx.$queryRaw<{ id: string }[]>`update notification_message
    set state = 'retired', outcome = ${by.outcome}, retired_at = ${now}
    where group_key = ${by.groupKey} and state = 'open' and id < ${by.id}::uuid returning id`;
  return rows.map(row => row.id);
}

/** Locks the message, so that a delivery that ends and a retirement that begins see each other. */
export async function lockMessage(
  tx: Tx,
  id: string,
): Promise<{ state: string; outcome: Outcome | null } | null> {
  const rows = await tx.$queryRaw<{ state: string; outcome: Outcome | null }[]>`
    select state, outcome from notification_message where id = ${id}::uuid for update`;
  return rows[0] ?? null;
}

export const markUndelivered = (tx: Tx, id: string, at: Date | null) =>
  tx.notificationMessage.update({ where: { id }, data: { undeliveredAt: at } });

export const selectExpired = (db: ReadDb, now: Date): Promise<{ groupKey: string }[]> =>
  db.query({
    name: 'notification-expired',
    sql: `select distinct group_key as "groupKey" from notification_message
      where state = 'open' and expires_at <= $1 limit 100`,
    parameters: [now],
  });

export const countUndelivered = async (db: ReadDb, since: Date): Promise<number> =>
  (
    await db.one<{ n: number }>({
      name: 'notification-undelivered',
      sql: `select count(*) as n from notification_message
        where undelivered_at > $1 and state = 'open' and not test`,
      parameters: [since],
    })
  )?.n ?? 0;

const mine = `not m.test and ($1 = any(m.users) or m.roles && $2::text[])`;

/** Who may see a message is asked each time: a role that was taken away takes its messages along. */
export const selectInbox = (
  db: ReadDb,
  me: { id: string; roles: readonly string[] },
  filter: { unread: boolean; kinds: readonly string[] | null; limit: number; offset: number },
): Promise<InboxRow[]> =>
  db.query<InboxRow>({
    name: 'notification-inbox',
    sql: `select m.id, m.kind, m.severity, m.title, m.lines, m.link, m.state, m.outcome, m.created_at as "createdAt",
        m.expires_at as "expiresAt", r.at as "readAt"
      from notification_message m left join notification_read r on r.message_id = m.id and r.user_id = $1
      where ${mine} and (not $3 or (r.at is null and m.state = 'open')) and ($4::text[] is null or m.kind = any($4))
      order by m.created_at desc, m.id desc limit $5 offset $6`,
    parameters: [me.id, me.roles, filter.unread, filter.kinds, filter.limit, filter.offset],
  });

export const countInbox = async (
  db: ReadDb,
  me: { id: string; roles: readonly string[] },
): Promise<{ unread: number; critical: number; total: number }> =>
  (await db.one({
    name: 'notification-inbox-counts',
    sql: `select count(*) filter (where r.at is null and m.state = 'open') as unread,
        count(*) filter (where r.at is null and m.state = 'open' and m.severity = 'critical') as critical,
        count(*) as total
      from notification_message m left join notification_read r on r.message_id = m.id and r.user_id = $1
      where ${mine}`,
    parameters: [me.id, me.roles],
  })) ?? { unread: 0, critical: 0, total: 0 };

/** How many were unread; what is not addressed to this person is not touched, whatever ids were sent. */
export const markRead = (
  tx: Tx,
  me: { id: string; roles: readonly string[] },
  ids: readonly string[] | null,
  now: Date,
): Promise<number> =>
  tx.$executeRaw`insert into notification_read (message_id, user_id, at)
    select m.id, ${me.id}, ${now} from notification_message m
    where not m.test and (${me.id} = any(m.users) or m.roles && ${[...me.roles]}::text[])
      and (${ids === null} or m.id = any(${ids === null ? [] : [...ids]}::uuid[]))
    on conflict do nothing`;

/** Deliveries, tries and marks go with their message; what happened stays in the ledger. */
export const pruneMessages = (tx: Tx, before: Date) =>
  tx.notificationMessage.deleteMany({ where: { createdAt: { lt: before } } });
