import { createPrivateKey, createPublicKey } from 'node:crypto';
import { env } from '#kernel/env/env.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { type DsseEnvelope, signEnvelope } from '#kernel/signing/dsse.ts';
import { keyIdOf } from '#server/federation/regions/rules.ts';
import { registrationType } from '#server/federation/regions/schema.ts';

const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const name = 'report-probe';

/**
 * The registration that a report sends. Name and key are this installation's own and always the same, so that repeated
 * reports find their region unchanged instead of making more of them.
 */
export function regionRegistration(tampered: boolean): DsseEnvelope {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Ed25519, env().secret('report-region')]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const content = { name, url: `https://${name}.invalid`, keys: [pem], environment: 'simulation' };
  const envelope = signEnvelope(registrationType, canonicalBytes(content), [
    { id: keyIdOf(publicKey), key: privateKey },
  ]);
  if (!tampered) return envelope;
  const other = canonicalBytes({ ...content, url: 'https://elsewhere.invalid' });
  return { ...envelope, payload: other.toString('base64') };
}
