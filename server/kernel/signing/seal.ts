import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * Secrets at rest: AES-256-GCM under a subkey of the installation's master secret. The associated data names what the
 * secret belongs to, so that a sealed value moved to another row does not open.
 */
const prefix = 'seal1.';

export function seal(key: Buffer, plaintext: Uint8Array | string, belongsTo: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(belongsTo));
  const body = Buffer.concat([cipher.update(Buffer.from(plaintext)), cipher.final()]);
  return prefix + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

export function unseal(key: Buffer, sealed: string, belongsTo: string): Buffer {
  if (!sealed.startsWith(prefix)) throw new Error('This is not a sealed value.');
  const bytes = Buffer.from(sealed.slice(prefix.length), 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(belongsTo));
  decipher.setAuthTag(bytes.subarray(12, 28));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
  } catch {
    throw new Error(
      `The sealed secret of ${belongsTo} does not open: it was changed, moved, or sealed by another installation.`,
    );
  }
}
