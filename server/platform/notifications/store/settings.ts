import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Circuit } from '../rules/circuit.ts';
import type { Preference } from '../rules/plan.ts';
import type { EndpointRow } from '../schema.ts';

export const selectPreferences = (
  db: ReadDb,
  userIds: readonly string[],
): Promise<(Preference & { userId: string })[]> =>
  db.query({
    name: 'notification-preferences',
    sql: `select user_id as "userId", mail, slack, telegram, quiet_from as "quietFrom", quiet_to as "quietTo",
        time_zone as "timeZone", slack_member as "slackMember", telegram_chat as "telegramChat"
      from notification_preference where user_id = any($1::text[])`,
    parameters: [userIds],
  });

export async function savePreference(
  tx: Tx,
  userId: string,
  data: Omit<Preference, 'telegramChat'>,
  now: Date,
): Promise<void> {
  const row = { ...data, mail: [...data.mail], slack: [...data.slack], telegram: [...data.telegram] };
  await tx.notificationPreference.upsert({
    where: { userId },
    create: { userId, ...row, updatedAt: now },
    update: { ...row, updatedAt: now },
  });
}

/** A code that binds the chat it is sent from to this person, for a quarter of an hour. */
export async function offerTelegramCode(
  tx: Tx,
  userId: string,
  code: { hash: string; until: Date },
  kinds: readonly string[],
  now: Date,
): Promise<void> {
  const offered = { telegramCode: code.hash, telegramCodeUntil: code.until, updatedAt: now };
  await tx.notificationPreference.upsert({
    where: { userId },
    create: {
      userId,
      mail: [...kinds],
      slack: [...kinds],
      telegram: [...kinds],
      timeZone: 'UTC',
      ...offered,
    },
    update: offered,
  });
}

/** Whose code it was; spent with the taking. */
export async function bindTelegramChat(
  tx: Tx,
  hash: string,
  chat: string,
  now: Date,
): Promise<string | null> {
  const rows = await tx.$queryRaw<{ userId: string }[]>`update notification_preference
    set telegram_chat = ${chat}, telegram_code = null, telegram_code_until = null, updated_at = ${now}
    where telegram_code = ${hash} and telegram_code_until > ${now} returning user_id as "userId"`;
  return rows[0]?.userId ?? null;
}

export const unbindTelegramChat = (tx: Tx, userId: string, now: Date) =>
  tx.notificationPreference.updateMany({ where: { userId }, data: { telegramChat: null, updatedAt: now } });

const endpointColumns =
  'id, name, url, kinds, enabled, version, created_at as "createdAt", updated_at as "updatedAt"';

export const selectEndpoints = (db: ReadDb): Promise<EndpointRow[]> =>
  db.query({
    name: 'notification-endpoints',
    sql: `select ${endpointColumns} from notification_endpoint order by name, id`,
    parameters: [],
  });

export const findEndpoint = (db: ReadDb, id: string): Promise<EndpointRow | null> =>
  db.one({
    name: 'notification-endpoint',
    sql: `select ${endpointColumns} from notification_endpoint where id = $1`,
    parameters: [id],
  });

export const findSealedEndpoint = (
  db: ReadDb,
  id: string,
): Promise<{ url: string; sealedSecret: string; enabled: boolean } | null> =>
  db.one({
    name: 'notification-endpoint-sealed',
    sql: 'select url, sealed_secret as "sealedSecret", enabled from notification_endpoint where id = $1',
    parameters: [id],
  });

export const insertEndpoint = (
  tx: Tx,
  row: { id: string; name: string; url: string; kinds: string[]; sealedSecret: string },
  now: Date,
) => tx.notificationEndpoint.create({ data: { ...row, createdAt: now, updatedAt: now } });

export async function updateEndpoint(
  tx: Tx,
  id: string,
  version: number,
  data: { name?: string; url?: string; kinds?: string[]; enabled?: boolean; sealedSecret?: string },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.notificationEndpoint.updateMany({
    where: { id, version },
    data: { ...data, version: version + 1, updatedAt: now },
  });
  return count === 1;
}

export async function deleteEndpoint(tx: Tx, id: string): Promise<boolean> {
  const { count } = await tx.notificationEndpoint.deleteMany({ where: { id } });
  return count === 1;
}

type StoredCircuit = Omit<Circuit, 'retryAt' | 'since'> & {
  channel: string;
  retryAt: string | null;
  since: string;
};

export const selectCircuits = (db: ReadDb): Promise<StoredCircuit[]> =>
  db.query({
    name: 'notification-circuits',
    sql: 'select channel, state, failures, trips, retry_at as "retryAt", since from notification_circuit',
    parameters: [],
  });

/** Locked until the transaction ends, so that one delivery of several becomes the one that tries. */
export async function lockCircuit(tx: Tx, channel: string, fresh: Circuit): Promise<Circuit> {
  await tx.notificationCircuit.createMany({ data: [{ channel, ...fresh }], skipDuplicates: true });
  const rows = await tx.$queryRaw<Circuit[]>`select state, failures, trips, retry_at as "retryAt", since
    from notification_circuit where channel = ${channel} for update`;
  return rows[0] ?? fresh;
}

export const saveCircuit = (tx: Tx, channel: string, circuit: Circuit) =>
  tx.notificationCircuit.update({ where: { channel }, data: circuit });
