import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { env } from '#kernel/env/env.ts';
import { keyIdOf } from '../rules.ts';

const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The simulated regions hold keys of their own, so they register and send heartbeats the same way a real one does. */
export function simulatedKey(name: string): { key: KeyObject; id: string; pem: string } {
  const seed = env().secret(`simulated-region:${name}`);
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Ed25519, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(key);
  return { key, id: keyIdOf(publicKey), pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}
