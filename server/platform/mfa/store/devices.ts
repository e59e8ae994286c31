import type { ReadDb, Tx } from '#kernel/db/database.ts';

export interface DeviceRow {
  id: string;
  name: string;
  sealedSecret: string;
  confirmedAt: string | null;
  lastStep: number | null;
  createdAt: string;
}

export const selectDevices = (db: ReadDb, userId: string): Promise<DeviceRow[]> =>
  db.query<DeviceRow>({
    name: 'totp-devices',
    sql: `select id, name, sealed_secret as "sealedSecret", confirmed_at as "confirmedAt", last_step as "lastStep",
      created_at as "createdAt" from totp_device where user_id = $1 order by created_at`,
    parameters: [userId],
  });

export const countRecoveryCodes = async (db: ReadDb, userId: string): Promise<number> =>
  (
    await db.one<{ n: number }>({
      name: 'recovery-left',
      sql: 'select count(*) as n from recovery_code where user_id = $1 and used_at is null',
      parameters: [userId],
    })
  )?.n ?? 0;

/** A beginning that was never confirmed is replaced. */
export async function insertDevice(
  tx: Tx,
  device: { id: string; userId: string; name: string; sealedSecret: string },
  now: Date,
): Promise<void> {
  await tx.totpDevice.deleteMany({ where: { userId: device.userId, confirmedAt: null } });
  await tx.totpDevice.create({ data: { ...device, createdAt: now } });
}

/** The row takes a step only once, whoever else tries at the same moment. */
export async function takeStep(tx: Tx, deviceId: string, step: bigint): Promise<boolean> {
  const { count } = await tx.totpDevice.updateMany({
    where: { id: deviceId, OR: [{ lastStep: null }, { lastStep: { lt: step } }] },
    data: { lastStep: step },
  });
  return count === 1;
}

export async function confirmDevice(tx: Tx, deviceId: string, now: Date): Promise<boolean> {
  const { count } = await tx.totpDevice.updateMany({
    where: { id: deviceId, confirmedAt: null },
    data: { confirmedAt: now },
  });
  return count === 1;
}

export async function deleteDevice(tx: Tx, userId: string, id: string): Promise<boolean> {
  const { count } = await tx.totpDevice.deleteMany({ where: { id, userId } });
  return count === 1;
}

/** Whoever was signed in with the lost factor is not any more. */
export async function deleteFactors(tx: Tx, userId: string, now: Date): Promise<void> {
  await tx.session.updateMany({ where: { userId, revokedAt: null }, data: { revokedAt: now } });
  await tx.totpDevice.deleteMany({ where: { userId } });
  await tx.passkey.deleteMany({ where: { userId } });
  await tx.recoveryCode.deleteMany({ where: { userId } });
  await tx.user.update({
    where: { id: userId },
    data: { factorFailedCount: 0, factorLockedUntil: null },
    select: { id: true },
  });
}

export async function replaceRecoveryCodes(
  tx: Tx,
  userId: string,
  codes: { id: string; hash: string }[],
): Promise<void> {
  await tx.recoveryCode.deleteMany({ where: { userId } });
  await tx.recoveryCode.createMany({ data: codes.map(code => ({ ...code, userId })) });
}

export async function takeRecoveryCode(tx: Tx, userId: string, hash: string, now: Date): Promise<boolean> {
  const { count } = await tx.recoveryCode.updateMany({
    where: { userId, hash, usedAt: null },
    data: { usedAt: now },
  });
  return count > 0;
}

export async function markMfa(tx: Tx, sessionId: string, now: Date): Promise<void> {
  await tx.session.update({ where: { id: sessionId }, data: { mfaAt: now } });
}

export const sessionStartedAt = async (db: ReadDb, sessionId: string): Promise<string | null> =>
  (
    await db.one<{ createdAt: string }>({
      name: 'session-started',
      sql: 'select created_at as "createdAt" from session where id = $1',
      parameters: [sessionId],
    })
  )?.createdAt ?? null;

/** Holds the account, so that two removals at once do not each find the other's factor still there. */
export async function lockedFactorCount(
  tx: Tx,
  userId: string,
): Promise<{ factors: number; recoveryCodes: number }> {
  await tx.$queryRaw`select 1 from "user" where id = ${userId}::uuid for update`;
  const devices = await tx.totpDevice.count({ where: { userId, confirmedAt: { not: null } } });
  const passkeys = await tx.passkey.count({ where: { userId } });
  const recoveryCodes = await tx.recoveryCode.count({ where: { userId, usedAt: null } });
  return { factors: devices + passkeys, recoveryCodes };
}
