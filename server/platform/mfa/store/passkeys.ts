import type { Database, ReadDb, Tx } from '#kernel/db/database.ts';

export interface PasskeyRow {
  id: string;
  userId: string;
  name: string;
  credentialId: string;
  publicKey: Uint8Array;
  counter: number;
  transports: string[];
  synced: boolean;
  suspectedAt: string | null;
  lastUsedAt: string | null;
  createdAt: string;
}

const columns = `id, user_id as "userId", name, credential_id as "credentialId", public_key as "publicKey", counter,
  transports, synced, suspected_at as "suspectedAt", last_used_at as "lastUsedAt", created_at as "createdAt"`;

export const selectPasskeys = (db: ReadDb, userId: string): Promise<PasskeyRow[]> =>
  db.query<PasskeyRow>({
    name: 'passkeys-of',
    sql: `select ${columns} from passkey where user_id = $1 order by created_at, id`,
    parameters: [userId],
  });

export const findPasskey = (db: ReadDb, credentialId: string): Promise<PasskeyRow | null> =>
  db.one<PasskeyRow>({
    name: 'passkey-by-credential',
    sql: `select ${columns} from passkey where credential_id = $1`,
    parameters: [credentialId],
  });

export async function insertPasskey(
  tx: Tx,
  passkey: {
    id: string;
    userId: string;
    name: string;
    credentialId: string;
    publicKey: Uint8Array;
    counter: number;
    transports: string[];
    synced: boolean;
  },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.passkey.createMany({
    data: [
      {
        ...passkey,
        publicKey: Uint8Array.from(passkey.publicKey),
        counter: BigInt(passkey.counter),
        createdAt: now,
      },
    ],
    skipDuplicates: true,
  });
  return count === 1;
}

/** Advances the counter, whoever else tries at the same moment; authenticators that count nothing stay at zero. */
export async function usePasskey(tx: Tx, id: string, counter: number, now: Date): Promise<boolean> {
  const { count } = await tx.passkey.updateMany({
    where: {
      id,
      suspectedAt: null,
      OR: [{ counter: { lt: counter } }, ...(counter === 0 ? [{ counter: 0 }] : [])],
    },
    data: { counter: BigInt(counter), lastUsedAt: now },
  });
  return count === 1;
}

export const suspectPasskey = (tx: Tx, id: string, now: Date) =>
  tx.passkey.updateMany({ where: { id, suspectedAt: null }, data: { suspectedAt: now } });

export async function deletePasskey(tx: Tx, userId: string, id: string): Promise<boolean> {
  const { count } = await tx.passkey.deleteMany({ where: { id, userId } });
  return count === 1;
}

export async function renameFactor(tx: Tx, userId: string, id: string, name: string): Promise<boolean> {
  const where = { id, userId };
  const keys = await tx.passkey.updateMany({ where, data: { name } });
  const devices = await tx.totpDevice.updateMany({
    where: { ...where, confirmedAt: { not: null } },
    data: { name },
  });
  return keys.count + devices.count === 1;
}

/** False when these bytes were signed before. */
export async function spendProof(tx: Tx, userId: string, digest: Buffer, at: Date): Promise<boolean> {
  const { count } = await tx.spentProof.createMany({
    data: [{ userId, digest: Uint8Array.from(digest), at }],
    skipDuplicates: true,
  });
  return count === 1;
}

export interface Challenge {
  id: string;
  userId: string | null;
  purpose: string;
  challenge: Buffer;
  expiresAt: Date;
}

/** A question that was asked, not a change of anybody's: written past the ledger, and pruned. */
export async function insertChallenge(database: Database, asked: Challenge): Promise<void> {
  await database
    .pool('atom_app')
    .query(
      'insert into passkey_challenge (id, user_id, purpose, challenge, expires_at) values ($1, $2, $3, $4, $5)',
      [asked.id, asked.userId, asked.purpose, asked.challenge, asked.expiresAt],
    );
}

/** Whoever asks first has it: a challenge is answered once, also when the answer is wrong. */
export async function takeChallenge(
  database: Database,
  wanted: { id: string; userId: string | null; purpose: string; now: Date },
): Promise<Buffer | null> {
  const taken = await database.pool('atom_app').query(
    `delete from passkey_challenge where id = $1 and purpose = $2 and user_id is not distinct from $3::uuid
      returning challenge, expires_at > $4 as fresh`,
    [wanted.id, wanted.purpose, wanted.userId, wanted.now],
  );
  const row = taken.rows[0] as { challenge: Buffer; fresh: boolean } | undefined;
  return row?.fresh ? row.challenge : null;
}

export interface FactorHolder {
  id: string;
  name: string;
  displayName: string;
  state: string;
  lockedUntil: string | null;
}

export const findHolder = (db: ReadDb, userId: string): Promise<FactorHolder | null> =>
  db.one<FactorHolder>({
    name: 'factor-holder',
    sql: `select id, name, display_name as "displayName", state, factor_locked_until as "lockedUntil" from "user" where id = $1`,
    parameters: [userId],
  });

export async function countFactorFailure(tx: Tx, userId: string): Promise<number> {
  const user = await tx.user.update({
    where: { id: userId },
    data: { factorFailedCount: { increment: 1 } },
    select: { factorFailedCount: true },
  });
  return user.factorFailedCount;
}

export const lockFactors = (tx: Tx, userId: string, until: Date | null) =>
  tx.user.update({ where: { id: userId }, data: { factorLockedUntil: until }, select: { id: true } });

export const clearFactorFailures = (tx: Tx, userId: string) =>
  tx.user.updateMany({
    where: { id: userId, OR: [{ factorFailedCount: { not: 0 } }, { factorLockedUntil: { not: null } }] },
    data: { factorFailedCount: 0, factorLockedUntil: null },
  });
