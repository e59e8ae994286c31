import { createPrivateKey, type KeyObject, randomBytes, scryptSync } from 'node:crypto';
import nacl from 'tweetnacl';
import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { algorithmOf } from './algorithm.ts';

/** go-securesystemslib's encrypted form, which cosign writes: scrypt, then an XSalsa20-Poly1305 secretbox. */
const body = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    params: z.object({
      N: z
        .int()
        .min(2)
        .max(1 << 20),
      r: z.int().min(1).max(32),
      p: z.int().min(1).max(16),
    }),
    salt: z.base64().min(1),
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: z.base64().length(32) }),
  ciphertext: z.base64().min(1),
});

const pem =
  /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----\s([\s\S]+?)\s-----END ENCRYPTED \1 PRIVATE KEY-----/;
const standard = { N: 65_536, r: 8, p: 1 };

const refuse = (code: string, message: string) =>
  new DomainError('unprocessable', `signing.${code}`, message);
const derive = (password: string, salt: Uint8Array, { N, r, p }: typeof standard) =>
  scryptSync(password, salt, 32, { N, r, p, maxmem: 256 * N * r });

/** A cosign private key, opened with its password. Only P-256 and Ed25519: what cosign and the console both know. */
export function openCosignKey(text: string, password: string): KeyObject {
  const encoded = pem.exec(text)?.[2];
  if (encoded === undefined) throw refuse('cosign_form', 'This is not an encrypted cosign private key.');
  const parsed = body.safeParse(parse(Buffer.from(encoded, 'base64').toString('utf8')));
  if (!parsed.success) throw refuse('cosign_damaged', 'The cosign key is damaged.');
  const { kdf, cipher, ciphertext } = parsed.data;
  const opened = nacl.secretbox.open(
    Buffer.from(ciphertext, 'base64'),
    Buffer.from(cipher.nonce, 'base64'),
    derive(password, Buffer.from(kdf.salt, 'base64'), kdf.params),
  );
  if (!opened) throw refuse('cosign_password', 'COSIGN_PASSWORD does not open the cosign key.');
  const key = createPrivateKey({ key: Buffer.from(opened), format: 'der', type: 'pkcs8' });
  if (algorithmOf(key) === null || algorithmOf(key) === 'ml-dsa-65')
    throw refuse('cosign_kind', 'The cosign key is neither ECDSA P-256 nor Ed25519.');
  return key;
}

/** The same form, written: what `cosign generate-key-pair` would have made of this key. */
export function sealCosignKey(key: KeyObject, password: string): string {
  const salt = randomBytes(32);
  const nonce = randomBytes(24);
  const box = nacl.secretbox(
    key.export({ type: 'pkcs8', format: 'der' }),
    nonce,
    derive(password, salt, standard),
  );
  const text = JSON.stringify({
    kdf: { name: 'scrypt', params: standard, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(box).toString('base64'),
  });
  const lines =
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${lines.join('\n')}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
