import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { env } from '../env/env.ts';
import { DomainError } from '../errors/domain-error.ts';
import {
  algorithmOf,
  fingerprintOf,
  type KeyAlgorithm,
  publicPem,
  readPrivateKey,
  signAside,
} from './algorithm.ts';
import { openCosignKey } from './cosign-key.ts';
import { seal, unseal } from './seal.ts';
import type { KeyRow, NewKey } from './store.ts';
import { openVault, type TransitKey, type Vault, vaultSettings } from './vault.ts';

/** Something that signs: the private half may lie here, in a file, or in Vault. */
export interface Signer {
  /** SHA-256 of the public key's SPKI, in hex. */
  keyid: string;
  algorithm: KeyAlgorithm;
  publicKey: KeyObject;
  sign(bytes: Buffer): Promise<Buffer>;
}

const sealKey = () => env().secret('seal');
const belongsTo = (id: string) => `signing_key:${id}`;
const unavailable = (code: string, message: string, cause?: unknown) =>
  new DomainError('unavailable', `signing.${code}`, message, {}, cause);

function localSigner(privateKey: KeyObject): Signer {
  const algorithm = algorithmOf(privateKey);
  if (!algorithm)
    throw unavailable(
      'key_kind',
      'A key that signs is Ed25519, ECDSA P-256 or ML-DSA-65; this one is none of them.',
    );
  const publicKey = createPublicKey(privateKey);
  return {
    keyid: fingerprintOf(publicKey),
    algorithm,
    publicKey,
    sign: bytes => signAside(privateKey, bytes),
  };
}

const vaultSigner = (vault: Vault, key: TransitKey): Signer => ({
  keyid: fingerprintOf(key.publicKey),
  algorithm: key.type,
  publicKey: key.publicKey,
  sign: bytes => vault.sign(key, bytes),
});

const rowOf = (signer: Signer, more: Pick<NewKey, 'origin' | 'sealedKey' | 'reference'>): NewKey => ({
  id: signer.keyid,
  algorithm: signer.algorithm,
  publicKey: publicPem(signer.publicKey),
  simulated: more.origin === 'generated',
  ...more,
});

/** A generated key, sealed under the installation's master secret; a key that nobody outside vouches for is a simulation. */
export function sealedRow(privateKey: KeyObject): NewKey {
  const signer = localSigner(privateKey);
  const sealedKey = seal(
    sealKey(),
    privateKey.export({ type: 'pkcs8', format: 'der' }),
    belongsTo(signer.keyid),
  );
  return rowOf(signer, { origin: 'generated', sealedKey, reference: null });
}

function cosignSigner(path: string): Signer {
  const password = env().vars.COSIGN_PASSWORD;
  if (password === undefined)
    throw unavailable('cosign_password', 'COSIGN_PASSWORD is missing: the cosign key cannot be opened.');
  return localSigner(openCosignKey(readKeyFile(path, 'COSIGN_KEY_PATH'), password));
}

function fileSigner(path: string): Signer {
  const text = readKeyFile(path, 'SIGNING_KEY_PATH');
  try {
    return localSigner(readPrivateKey(text, env().vars.SIGNING_KEY_PASSWORD));
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw unavailable(
      'key_file',
      'SIGNING_KEY_PATH holds no PKCS#8 private key, or SIGNING_KEY_PASSWORD does not open it.',
      error,
    );
  }
}

function readKeyFile(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unavailable('key_file', `The file of ${name} cannot be read.`, error);
  }
}

function vault(): Vault {
  const settings = vaultSettings();
  if (!settings)
    throw unavailable('vault', 'VAULT_ADDR and a token or AppRole are needed for a key in Vault.');
  return openVault(settings);
}

export interface OperatorKey {
  variable: 'COSIGN_KEY_PATH' | 'VAULT_TRANSIT_KEY' | 'SIGNING_KEY_PATH';
  open(): Promise<NewKey>;
}

/** The keys that the operator gives, the most wanted first. They are opened, not believed. */
export function operatorKeys(): OperatorKey[] {
  const { COSIGN_KEY_PATH, VAULT_TRANSIT_KEY, SIGNING_KEY_PATH } = env().vars;
  const keys: OperatorKey[] = [];
  if (COSIGN_KEY_PATH)
    keys.push({
      variable: 'COSIGN_KEY_PATH',
      open: async () =>
        rowOf(cosignSigner(COSIGN_KEY_PATH), {
          origin: 'cosign',
          sealedKey: null,
          reference: 'COSIGN_KEY_PATH',
        }),
    });
  if (VAULT_TRANSIT_KEY)
    keys.push({
      variable: 'VAULT_TRANSIT_KEY',
      open: async () => {
        const held = vault();
        return vaultRow(held, await held.key(VAULT_TRANSIT_KEY));
      },
    });
  if (SIGNING_KEY_PATH)
    keys.push({
      variable: 'SIGNING_KEY_PATH',
      open: async () =>
        rowOf(fileSigner(SIGNING_KEY_PATH), {
          origin: 'file',
          sealedKey: null,
          reference: 'SIGNING_KEY_PATH',
        }),
    });
  return keys;
}

const vaultRow = (held: Vault, key: TransitKey): NewKey =>
  rowOf(vaultSigner(held, key), {
    origin: 'vault',
    sealedKey: null,
    reference: `${key.path}#${key.version}`,
  });

/** A new version in Vault; the old one stays there and keeps its own row here. */
export async function nextVaultKey(reference: string): Promise<NewKey> {
  const held = vault();
  return vaultRow(held, await held.rotate(reference.split('#')[0] ?? ''));
}

/** Opens the private half of a known key, and makes sure that it is the half that belongs to it. */
export async function openSigner(row: KeyRow): Promise<Signer> {
  const signer = await openByOrigin(row);
  if (signer.keyid !== row.id)
    throw unavailable(
      'other_key',
      `Where the key ${row.id.slice(0, 16)} was, another key lies now. Rotate it, so that the new one is taken over.`,
    );
  return signer;
}

async function openByOrigin(row: KeyRow): Promise<Signer> {
  const { COSIGN_KEY_PATH, SIGNING_KEY_PATH } = env().vars;
  const missing = (name: string) =>
    unavailable('key_missing', `The key ${row.id.slice(0, 16)} lies at ${name}, which is not set any more.`);
  switch (row.origin) {
    case 'generated':
      if (row.sealedKey === null) throw missing('the console’s own store');
      return localSigner(readPrivateKey(unseal(sealKey(), row.sealedKey, belongsTo(row.id))));
    case 'cosign':
      if (!COSIGN_KEY_PATH) throw missing('COSIGN_KEY_PATH');
      return cosignSigner(COSIGN_KEY_PATH);
    case 'file':
      if (!SIGNING_KEY_PATH) throw missing('SIGNING_KEY_PATH');
      return fileSigner(SIGNING_KEY_PATH);
    case 'vault': {
      const [path = '', version] = (row.reference ?? '').split('#');
      const held = vault();
      return vaultSigner(held, await held.key(path, Number(version)));
    }
  }
}
