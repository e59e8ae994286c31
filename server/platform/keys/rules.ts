import { type KeyAlgorithm, readPublicKey } from '#kernel/signing/algorithm.ts';
import type { JwkSet, KeyListRow, KeyState } from './schema.ts';

export type StoredKey = Omit<KeyListRow, 'state'>;

export function stateOf(key: Omit<StoredKey, 'publicKey'>, now: Date): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (key.uses.length > 0) return 'active';
  if (key.verifyUntil === null) return 'unused';
  return Date.parse(key.verifyUntil) > now.getTime() ? 'verifies' : 'expired';
}

const algs: Record<KeyAlgorithm, string> = {
  ed25519: 'EdDSA',
  'ecdsa-p256': 'ES256',
  'ml-dsa-65': 'ML-DSA-65',
};

/** Revoked and expired keys stay in the set: whoever checks an old signature must learn why it counts no more. */
export function jwkOf(key: KeyListRow): JwkSet['keys'][number] {
  const read = readPublicKey(key.publicKey);
  if (read?.id !== key.id) throw new Error(`The public key of ${key.id} is not the one its name says.`);
  const { kty = '', ...members } = read.key.export({ format: 'jwk' });
  return {
    ...members,
    kty,
    kid: key.id,
    alg: algs[key.algorithm],
    use: 'sig',
    state: key.state,
    signs: key.uses,
    simulated: key.simulated,
    createdAt: key.createdAt,
    verifyUntil: key.verifyUntil,
    revokedAt: key.revokedAt,
  };
}
