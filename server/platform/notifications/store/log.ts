import { sql } from 'kysely';
import { compiler, prepared } from '#kernel/db/compile.ts';
import type { ReadDb } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { DeliveryAttempt, DeliveryRow, ListDeliveriesInput } from '../schema.ts';

interface Tables {
  notification_delivery: {
    id: string;
    message_id: string;
    channel: string;
    recipient: string;
    purpose: string;
    state: string;
    attempts: number;
    next_at: string;
    effect: string | null;
    last_error: string | null;
    created_at: string;
    settled_at: string | null;
  };
  notification_message: {
    id: string;
    group_key: string;
    title: string;
    kind: string;
    severity: string;
    test: boolean;
  };
}

const k = compiler<Tables>();

function filtered(input: Partial<ListDeliveriesInput>) {
  let q = k
    .selectFrom('notification_delivery as d')
    .innerJoin('notification_message as m', 'm.id', 'd.message_id');
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('m.title', 'ilike', like), eb('m.group_key', 'ilike', like)]));
  }
  if (input.group) q = q.where('m.group_key', '=', input.group);
  if (input.channel?.length) q = q.where('d.channel', 'in', input.channel);
  if (input.state?.length) q = q.where('d.state', 'in', input.state);
  if (input.kind?.length) q = q.where('m.kind', 'in', input.kind);
  return q;
}

const columns = [
  'd.id',
  'd.channel',
  'd.recipient',
  'd.purpose',
  'd.state',
  'd.attempts',
  'd.next_at as nextAt',
  'd.effect',
  'd.last_error as lastError',
  'd.created_at as createdAt',
  'd.settled_at as settledAt',
  'm.title',
  'm.kind',
  'm.severity',
  'm.group_key as groupKey',
  'm.test',
] as const;

export type StoredDelivery = Omit<DeliveryRow, 'to'> & { recipient: string };

export function selectDeliveries(db: ReadDb, input: ListDeliveriesInput): Promise<StoredDelivery[]> {
  const by = {
    createdAt: 'd.created_at',
    channel: 'd.channel',
    state: 'd.state',
    attempts: 'd.attempts',
  } as const;
  return db.query<StoredDelivery>(
    prepared(
      filtered(input)
        .select(columns)
        .orderBy(by[input.sort], input.dir)
        .orderBy('d.id', input.dir)
        .limit(input.limit + 1)
        .offset(input.offset)
        .compile(),
    ) as never,
  );
}

export async function countDeliveries(db: ReadDb, input: ListDeliveriesInput): Promise<number> {
  const q = filtered(input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

export const countByChannelAndState = (db: ReadDb) =>
  db.query<{ channel: string; state: string; kind: string; n: number }>(
    prepared(
      filtered({})
        .select(['d.channel', 'd.state', 'm.kind', sql<number>`count(*)`.as('n')])
        .groupBy(['d.channel', 'd.state', 'm.kind'])
        .compile(),
    ),
  );

export function findDelivery(db: ReadDb, id: string): Promise<StoredDelivery | null> {
  return db.one<StoredDelivery>(
    prepared(filtered({}).select(columns).where('d.id', '=', id).compile()) as never,
  );
}

export const selectAttempts = (db: ReadDb, deliveryId: string): Promise<DeliveryAttempt[]> =>
  db.query<DeliveryAttempt>({
    name: 'notification-attempts',
    sql: `select id, at, outcome, millis, request, response, error from notification_attempt
      where delivery_id = $1 order by at, id limit 100`,
    parameters: [deliveryId],
  });

/** Per channel, over a day: how many ended how, and when the last one arrived. */
export const selectChannelFigures = (db: ReadDb, since: Date) =>
  db.query<{
    channel: string;
    delivered: number;
    simulated: number;
    dead: number;
    waiting: number;
    lastAt: string | null;
  }>({
    name: 'notification-channel-figures',
    sql: `select channel, count(*) filter (where state = 'delivered' and created_at > $1) as delivered,
        count(*) filter (where state = 'simulated' and created_at > $1) as simulated,
        count(*) filter (where state = 'dead') as dead,
        count(*) filter (where state in ('waiting', 'sending')) as waiting,
        max(settled_at) filter (where state = 'delivered') as "lastAt"
      from notification_delivery group by channel`,
    parameters: [since],
  });
