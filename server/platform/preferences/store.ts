import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';

export const selectPreferences = (db: ReadDb, userId: string) =>
  db.query<{ key: string; value: unknown }>({
    name: 'preferences',
    sql: 'select key, value from user_preference where user_id = $1',
    parameters: [userId],
  });

export async function savePreference(
  tx: Tx,
  userId: string,
  key: string,
  value: Prisma.InputJsonValue,
  now: Date,
): Promise<void> {
  await tx.userPreference.upsert({
    where: { userId_key: { userId, key } },
    create: { userId, key, value, updatedAt: now },
    update: { value, updatedAt: now },
  });
}

export async function deletePreference(tx: Tx, userId: string, key: string): Promise<void> {
  await tx.userPreference.deleteMany({ where: { userId, key } });
}
