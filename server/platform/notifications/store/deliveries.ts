import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import type { StoredMessage } from '../rules/content.ts';
import type { Effect, Exchange, Remote } from '../rules/exchange.ts';
import type { Channel, Outcome } from '../schema.ts';

export interface NewDelivery {
  id: string;
  messageId: string;
  channel: Channel;
  recipient: string;
  purpose: 'send' | 'retire';
  nonce: string;
  nextAt: Date;
}

/** One row a message, channel, recipient and purpose, whoever else plans the same. */
export async function insertDeliveries(tx: Tx, rows: readonly NewDelivery[], now: Date): Promise<void> {
  await tx.notificationDelivery.createMany({
    data: rows.map(row => ({ ...row, state: 'waiting', createdAt: now })),
    skipDuplicates: true,
  });
}

/**
 * Takes a delivery for a while. One of several workers gets it; what a worker that died held is taken again once its
 * lease has run out.
 */
export async function claimDelivery(
  tx: Tx,
  id: string,
  lease: { token: string; until: Date },
  now: Date,
): Promise<boolean> {
  const count = await tx.$executeRaw`update notification_delivery
    set state = 'sending', lease_token = ${lease.token}::uuid, lease_until = ${lease.until}, attempts = attempts + 1
    where id = ${id}::uuid and next_at <= ${now}
      and (state = 'waiting' or (state = 'sending' and lease_until <= ${now}))`;
  return count === 1;
}

export interface Work {
  id: string;
  messageId: string;
  channel: Channel;
  recipient: string;
  purpose: 'send' | 'retire';
  attempts: number;
  nonce: string;
  /** Of the delivery that is being taken back. */
  sentRemote: Remote | null;
  message: StoredMessage & { state: string; outcome: Outcome | null; test: boolean };
}

export const findWork = (db: ReadDb, id: string): Promise<Work | null> =>
  db.one<Work>({
    name: 'notification-work',
    sql: `select d.id, d.message_id as "messageId", d.channel, d.recipient, d.purpose, d.attempts, d.nonce,
        s.remote as "sentRemote",
        jsonb_build_object('id', m.id, 'groupKey', m.group_key, 'kind', m.kind, 'severity', m.severity, 'title', m.title,
          'lines', m.lines, 'link', m.link, 'state', m.state, 'outcome', m.outcome, 'test', m.test,
          'createdAt', to_char(m.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'expiresAt', to_char(m.expires_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as message
      from notification_delivery d join notification_message m on m.id = d.message_id
      left join notification_delivery s on d.purpose = 'retire' and s.purpose = 'send'
        and s.message_id = d.message_id and s.channel = d.channel and s.recipient = d.recipient
      where d.id = $1`,
    parameters: [id],
  });

export interface Settled {
  state: 'delivered' | 'simulated' | 'dead' | 'cancelled' | 'waiting';
  nextAt?: Date;
  remote?: Remote | null;
  effect?: Effect;
  error?: string | null;
  /** A wait that was no try: it is not counted. */
  uncounted?: boolean;
}

/** False when the lease is somebody else's by now: then that one's word counts. */
export async function settleDelivery(
  tx: Tx,
  id: string,
  token: string,
  to: Settled,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.notificationDelivery.updateMany({
    where: { id, leaseToken: token, state: 'sending' },
    data: {
      state: to.state,
      leaseToken: null,
      leaseUntil: null,
      lastError: to.error ?? null,
      ...(to.nextAt ? { nextAt: to.nextAt } : {}),
      ...(to.remote ? { remote: to.remote } : {}),
      ...(to.effect ? { effect: to.effect } : {}),
      ...(to.uncounted ? { attempts: { decrement: 1 } } : {}),
      ...(to.state === 'waiting' ? {} : { settledAt: now }),
    },
  });
  return count === 1;
}

export async function insertAttempt(
  tx: Tx,
  attempt: {
    id: string;
    deliveryId: string;
    outcome: string;
    millis: number;
    error: string | null;
  } & Exchange,
  now: Date,
): Promise<void> {
  const { request, response, ...rest } = attempt;
  await tx.notificationAttempt.create({
    data: {
      ...rest,
      request: request as Prisma.InputJsonObject,
      response: response as Prisma.InputJsonObject,
      at: now,
    },
  });
}

/** Whether nothing that could really have arrived is left; what was only recorded does not count either way. */
export async function allDead(tx: Tx, messageId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<{ dead: number; other: number }[]>`
    select count(*) filter (where state = 'dead')::int as dead,
      count(*) filter (where state not in ('dead', 'simulated', 'cancelled'))::int as other
    from notification_delivery where message_id = ${messageId}::uuid and purpose = 'send'`;
  const [found] = rows;
  return found !== undefined && found.dead > 0 && found.other === 0;
}

/** What waits is not sent any more; what arrived is returned, to be taken back. */
export async function withdrawDeliveries(
  tx: Tx,
  messageIds: readonly string[],
  now: Date,
): Promise<{ messageId: string; channel: Channel; recipient: string }[]> {
  const where = { messageId: { in: [...messageIds] }, purpose: 'send' };
  await tx.notificationDelivery.updateMany({
    where: { ...where, state: 'waiting' },
    data: { state: 'cancelled', settledAt: now, lastError: 'The matter was settled before it was sent.' },
  });
  const sent = await tx.notificationDelivery.findMany({
    where: { ...where, state: { in: ['delivered', 'simulated'] } },
    select: { messageId: true, channel: true, recipient: true },
  });
  return sent.map(row => ({ ...row, channel: row.channel as Channel }));
}

/** A delivery that was given up gets all its tries again. */
export async function reviveDelivery(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.notificationDelivery.updateMany({
    where: { id, state: 'dead' },
    data: { state: 'waiting', attempts: 0, nextAt: now, settledAt: null },
  });
  return count === 1;
}

/** What should have run by now: its worker died, or its job was lost. */
export const selectOverdue = (db: ReadDb, now: Date): Promise<{ id: string }[]> =>
  db.query({
    name: 'notification-overdue',
    sql: `select id from notification_delivery
      where (state = 'waiting' and next_at <= $1::timestamptz - interval '20 seconds')
        or (state = 'sending' and lease_until <= $1) order by next_at limit 200`,
    parameters: [now],
  });

/** In seconds; what is held back on purpose, for quiet hours, is not late. */
export const oldestUndelivered = async (db: ReadDb, now: Date): Promise<number> =>
  (
    await db.one<{ age: number | null }>({
      name: 'notification-oldest',
      sql: `select extract(epoch from $1::timestamptz - min(created_at))::float8 as age from notification_delivery
        where purpose = 'send' and state in ('waiting', 'sending') and (attempts > 0 or next_at <= $1)`,
      parameters: [now],
    })
  )?.age ?? 0;

export const findByNonce = (
  db: ReadDb,
  nonce: string,
): Promise<{ id: string; messageId: string; channel: Channel; link: string; state: string } | null> =>
  db.one({
    name: 'notification-by-nonce',
    sql: `select d.id, d.message_id as "messageId", d.channel, m.link, m.state from notification_delivery d
      join notification_message m on m.id = d.message_id where d.nonce = $1`,
    parameters: [nonce],
  });

/** False when this callback was taken before. */
export async function takeCallback(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.notificationCallback.createMany({
    data: [{ id, at: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

export const pruneCallbacks = (tx: Tx, before: Date) =>
  tx.notificationCallback.deleteMany({ where: { at: { lt: before } } });
