import { createHash, createHmac, createPrivateKey, generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import { publicPem } from '#kernel/signing/algorithm.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { signBytes } from '#kernel/signing/dsse.ts';
import { joinBytes } from '../rules/join.ts';
import { type HubKeys, joinAnswer, type PinnedLog } from '../schema.ts';
import type { Disk } from '../store/disk.ts';

export { openDisk } from '../store/disk.ts';

export interface EnrolInput {
  hub: string;
  token: string;
  id: string;
  region?: string;
  labels: Record<string, string>;
  agent: string;
  now: Date;
}

/** The hub proves with the token that it is the one that gave it out, so a relay cannot be made to pin another's keys. */
export const answerProof = (
  token: string,
  answer: { hub: string; keys: HubKeys; keysFrom: number; ledger: PinnedLog; id: string },
): string =>
  createHmac('sha256', createHash('sha256').update(token).digest('hex'))
    .update(canonicalBytes({ purpose: 'atom-relay-join-answer', ...answer }))
    .digest('base64url');

export class EnrolRefused extends Error {}

/** Joins with a key made here, which never leaves this folder, and pins the hub's keys. Asked again it changes nothing. */
export async function enrol(disk: Disk, input: EnrolInput): Promise<'joined' | 'known'> {
  if (disk.identity()) return 'known';
  // The hub checks every word of every relay, and a P-256 signature is checked in half the time of an Ed25519 one.
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicPem(publicKey);
  const at = input.now.toISOString();
  const hash = createHash('sha256').update(input.token).digest('hex');
  const body = {
    id: input.id,
    publicKey: pem,
    at,
    proof: signBytes(privateKey, joinBytes({ id: input.id, publicKey: pem, at }, hash)).toString('base64'),
    labels: input.labels,
    agent: input.agent,
    ...(input.region ? { region: input.region } : {}),
  };
  const response = await fetch(`${input.hub.replace(/\/+$/, '')}/relay/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${input.token}` },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  });
  const said: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const detail =
      said && typeof said === 'object' && 'detail' in said
        ? String(said.detail)
        : `status ${response.status}`;
    throw new EnrolRefused(`The hub refused the join: ${detail}`);
  }
  const answer = joinAnswer.safeParse(said);
  if (!answer.success)
    throw new EnrolRefused('The hub’s answer cannot be read. Is the address that of a policy hub?');
  const { hub, keys, keysFrom, ledger, proof } = answer.data;
  const wanted = Buffer.from(answerProof(input.token, { hub, keys, keysFrom, ledger, id: input.id }));
  const given = Buffer.from(proof);
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given))
    throw new EnrolRefused('The hub could not prove that it gave out this token. Nothing was pinned.');
  disk.pin({
    id: input.id,
    hub,
    keys,
    keysFrom,
    ledger,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
  return 'joined';
}

/** A relay's disk and key, once it has joined. */
export function identityOf(disk: Disk) {
  const identity = disk.identity();
  if (!identity) return null;
  const { id, hub, privateKey, ledger } = identity;
  return { id, hub, key: createPrivateKey(privateKey), ledger: ledger ?? null };
}
