import type { Pool } from 'pg';
import type { Tx } from '../db/database.ts';
import type { KeyAlgorithm, KeyFamily } from './algorithm.ts';

export const keyOrigins = ['generated', 'file', 'cosign', 'vault'] as const;
export type KeyOrigin = (typeof keyOrigins)[number];

/** What keys are for: the ledger's checkpoints, and everything else that the console signs. */
export const keyUses = ['ledger', 'artefacts'] as const;
export type KeyUse = (typeof keyUses)[number];

export interface KeyRow {
  id: string;
  algorithm: KeyAlgorithm;
  origin: KeyOrigin;
  simulated: boolean;
  publicKey: string;
  sealedKey: string | null;
  reference: string | null;
  createdAt: string;
  retiredAt: string | null;
  verifyUntil: string | null;
  revokedAt: string | null;
  revokedReason: string | null;
}

export interface UseRow extends KeyRow {
  use: KeyUse;
  family: KeyFamily;
}

/** Without the private half: what anybody who may read keys may see. */
export const publicColumns = `k.id, k.algorithm, k.origin, k.simulated, k.public_key as "publicKey", k.reference,
  k.created_at as "createdAt", k.retired_at as "retiredAt", k.verify_until as "verifyUntil", k.revoked_at as "revokedAt",
  k.revoked_reason as "revokedReason"`;
const columns = `${publicColumns}, k.sealed_key as "sealedKey"`;

export async function selectKeys(pool: Pool): Promise<KeyRow[]> {
  const found = await pool.query({
    name: 'signing-keys',
    text: `select ${columns} from signing_key k order by k.created_at desc, k.id`,
  });
  return found.rows as KeyRow[];
}

export async function selectUses(pool: Pool): Promise<UseRow[]> {
  const found = await pool.query({
    name: 'signing-uses',
    text: `select u.use, u.family, ${columns} from signing_use u join signing_key k on k.id = u.key_id`,
  });
  return found.rows as UseRow[];
}

/** One change of the key store at a time; what was read before is read again under this lock. */
export async function lockKeys(
  tx: Tx,
): Promise<{ keys: string[]; uses: { use: string; family: string; keyId: string }[] }> {
  await tx.$queryRaw`select pg_advisory_xact_lock(418213364012)::text`;
  const [keys, uses] = [
    await tx.signingKey.findMany({ select: { id: true } }),
    await tx.signingUse.findMany(),
  ];
  return { keys: keys.map(k => k.id), uses };
}

export type NewKey = Pick<
  KeyRow,
  'id' | 'algorithm' | 'origin' | 'simulated' | 'publicKey' | 'sealedKey' | 'reference'
>;

export async function insertKey(tx: Tx, key: NewKey, now: Date): Promise<void> {
  await tx.signingKey.create({ data: { ...key, createdAt: now } });
}

export async function assignUse(
  tx: Tx,
  use: KeyUse,
  family: KeyFamily,
  keyId: string,
  now: Date,
): Promise<void> {
  await tx.signingUse.upsert({
    where: { use_family: { use, family } },
    create: { use, family, keyId, since: now },
    update: { keyId, since: now },
  });
}

/** Signs no more; verifies until `verifyUntil`. Only once nothing uses the key any more. */
export async function retireKey(tx: Tx, id: string, now: Date, verifyUntil: Date): Promise<void> {
  await tx.signingKey.updateMany({
    where: { id, retiredAt: null, uses: { none: {} } },
    data: { retiredAt: now, verifyUntil },
  });
}

export async function revokeKey(tx: Tx, id: string, now: Date, reason: string): Promise<boolean> {
  const { count } = await tx.signingKey.updateMany({
    where: { id, revokedAt: null },
    data: { revokedAt: now, revokedReason: reason },
  });
  return count === 1;
}
