import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { env } from '../env/env.ts';
import { DomainError } from '../errors/domain-error.ts';
import type { CommitEvent, Json } from '../ledger/event.ts';
import { log } from '../log/log.ts';
import { systemContext } from '../trpc/commit.ts';
import { familyOf, generatePrivateKey, type KeyAlgorithm, keyFamilies, readPublicKey } from './algorithm.ts';
import { type DsseEnvelope, preAuthEncoding } from './dsse.ts';
import type { TrustedKey } from './hybrid.ts';
import { type OperatorKey, openSigner, operatorKeys, type Signer, sealedRow } from './open-key.ts';
import {
  assignUse,
  insertKey,
  type KeyRow,
  type KeyUse,
  keyUses,
  lockKeys,
  type NewKey,
  retireKey,
  selectKeys,
  selectUses,
} from './store.ts';

export { type TrustedKey, verifyHybrid } from './hybrid.ts';
export type { Signer } from './open-key.ts';
export type { KeyUse } from './store.ts';

/** How long a key that was rotated away verifies, unless whoever rotates says otherwise. */
export const overlapDays = 30;

interface Held {
  ready: Promise<void>;
  opened: Map<string, Promise<Signer>>;
}
const held = new WeakMap<Database, Held>();

/** After a change of keys or of the environment: what was opened is opened again. */
export const forgetSigners = (database: Database): void => void held.delete(database);

function hold(database: Database, clock: Clock): Held {
  const known = held.get(database);
  if (known) return known;
  const made: Held = { ready: ensureKeys(database, clock), opened: new Map() };
  made.ready.catch(() => held.delete(database)); // the next caller tries again
  held.set(database, made);
  return made;
}

/**
 * The classical and the ML-DSA key that sign now: of the ledger's checkpoints, or of everything else (`artefacts`). Made at
 * the first call ever; later calls cost one prepared query, so that a rotation or revocation holds in every process at once.
 */
export async function activeSigners(
  database: Database,
  clock: Clock,
  use: KeyUse = 'artefacts',
): Promise<Signer[]> {
  const { ready, opened } = hold(database, clock);
  await ready;
  const rows = (await selectUses(database.pool('atom_app'))).filter(row => row.use === use);
  const signers: Signer[] = [];
  for (const family of keyFamilies) {
    const row = rows.find(r => r.family === family);
    if (!row || row.revokedAt !== null)
      throw new DomainError('unavailable', 'signing.no_key', `No ${family} key signs ${use}.`);
    let signer = opened.get(row.id);
    if (!signer) {
      signer = openSigner(row);
      signer.catch(() => opened.delete(row.id));
      opened.set(row.id, signer);
    }
    signers.push(await signer);
  }
  return signers;
}

/**
 * One signer of each family among these keys, put aside ones included: whoever pinned a set takes a newer set only from it.
 * A key in use comes before one that was rotated away, and both before a revoked one.
 */
export async function signersOf(database: Database, clock: Clock, ids: readonly string[]): Promise<Signer[]> {
  const { ready, opened } = hold(database, clock);
  await ready;
  const rank = (row: KeyRow) => (row.revokedAt ? 2 : row.retiredAt ? 1 : 0);
  const rows = (await selectKeys(database.pool('atom_app')))
    .filter(row => ids.includes(row.id))
    .toSorted((a, b) => rank(a) - rank(b));
  return Promise.all(
    keyFamilies.map(family => {
      const row = rows.find(r => familyOf(r.algorithm) === family);
      if (!row)
        throw new DomainError(
          'unavailable',
          'signing.no_key',
          `None of the ${family} keys asked for is held here.`,
        );
      const signer = opened.get(row.id) ?? openSigner(row);
      opened.set(row.id, signer);
      signer.catch(() => opened.delete(row.id));
      return signer;
    }),
  );
}

/** Every key there ever was, with the time within which it verifies. */
export const trustedKeys = async (database: Database): Promise<TrustedKey[]> =>
  (await selectKeys(database.pool('atom_app'))).map(trustedKey);

export function trustedKey(row: Omit<KeyRow, 'sealedKey'>): TrustedKey {
  const read = readPublicKey(row.publicKey);
  if (read?.id !== row.id) throw new Error(`The public key of ${row.id} is not the one its name says.`);
  return {
    id: row.id,
    algorithm: row.algorithm,
    key: read.key,
    verifyUntil: row.verifyUntil === null ? null : new Date(row.verifyUntil),
    revokedAt: row.revokedAt === null ? null : new Date(row.revokedAt),
  };
}

/** One payload under all `signers`: for a hybrid signature, `activeSigners`. */
export async function signHybrid(
  type: string,
  payload: Uint8Array,
  signers: readonly Signer[],
): Promise<DsseEnvelope> {
  const encoded = preAuthEncoding(type, payload);
  return {
    payload: Buffer.from(payload).toString('base64'),
    payloadType: type,
    signatures: await Promise.all(
      signers.map(async signer => ({
        keyid: signer.keyid,
        sig: (await signer.sign(encoded)).toString('base64'),
      })),
    ),
  };
}

const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key that signed checkpoints before there was a store: taken over, so that what it signed stays verifiable. */
const checkpointKey = (): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([pkcs8Ed25519, env().secret('ledger-checkpoint')]),
    format: 'der',
    type: 'pkcs8',
  });

class AlreadyDone extends Error {}

export const keyEvent = (
  type: 'key.generated' | 'key.adopted' | 'key.rotated' | 'key.revoked',
  key: { id: string; algorithm: KeyAlgorithm; origin: string },
  detail: { [key: string]: Json } = {},
): CommitEvent => ({
  type,
  target: { kind: 'signing_key', id: key.id },
  detail: { algorithm: key.algorithm, origin: key.origin, ...detail },
  topics: [{ topic: 'keys', key: key.id }],
});

async function ensureKeys(database: Database, clock: Clock): Promise<void> {
  const pool = database.pool('atom_app');
  if ((await selectUses(pool)).length < keyUses.length * keyFamilies.length) {
    await generateFirst(database, clock, sealedRow(checkpointKey()));
    await generateFirst(database, clock, sealedRow(generatePrivateKey('ml-dsa-65')));
  }
  const adopted = new Set<string>();
  for (const given of operatorKeys()) {
    const key = await openGiven(given);
    if (!key || adopted.has(familyOf(key.algorithm))) continue; // the more wanted one came first
    adopted.add(familyOf(key.algorithm));
    await adopt(database, clock, key);
  }
}

/** A key that does not open is reported by the P2 control, and must not keep the console from starting. */
async function openGiven(given: OperatorKey): Promise<NewKey | null> {
  try {
    return await given.open();
  } catch (error) {
    log().error({ event: 'signing.key_not_opened', variable: given.variable, error });
    return null;
  }
}

async function generateFirst(database: Database, clock: Clock, key: NewKey): Promise<void> {
  const family = familyOf(key.algorithm);
  const now = clock.now();
  await once(() =>
    systemContext('signing', database, clock).commit(keyEvent('key.generated', key), async tx => {
      const { keys, uses } = await lockKeys(tx);
      const open = keyUses.filter(use => !uses.some(u => u.use === use && u.family === family));
      if (open.length === 0) throw new AlreadyDone();
      if (!keys.includes(key.id)) await insertKey(tx, key, now);
      for (const use of open) await assignUse(tx, use, family, key.id, now);
    }),
  );
}

/** The operator's key signs artefacts from now on; the ledger keeps the key that its witnesses know. */
async function adopt(database: Database, clock: Clock, key: NewKey): Promise<void> {
  const family = familyOf(key.algorithm);
  const now = clock.now();
  await once(() =>
    systemContext('signing', database, clock).commit(keyEvent('key.adopted', key), async tx => {
      const { keys, uses } = await lockKeys(tx);
      if (keys.includes(key.id)) throw new AlreadyDone(); // known: in use, or put aside by somebody
      const before = uses.find(u => u.use === 'artefacts' && u.family === family);
      await insertKey(tx, key, now);
      await assignUse(tx, 'artefacts', family, key.id, now);
      if (before) await retireKey(tx, before.keyId, now, endOfOverlap(now, overlapDays));
    }),
  );
}

export const endOfOverlap = (now: Date, days: number): Date => new Date(now.getTime() + days * 86_400_000);

/** Two processes that start together both find the work undone; the second one's entry is rolled back with its row. */
async function once(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AlreadyDone)) throw error;
  }
}
