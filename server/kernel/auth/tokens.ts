import { createHmac } from 'node:crypto';
import { env } from '../env/env.ts';
import { randomToken } from '../ids/ids.ts';
import { sha256Hex } from '../signing/canonical.ts';

const prefix = 'atom_pat_';

/** 256 random bits need no salt and no slow hash; the prefix lets secret scanners find a leaked one. */
export function newApiToken(): { secret: string; hash: string; hint: string } {
  const secret = prefix + randomToken(32);
  return { secret, hash: apiTokenHash(secret), hint: secret.slice(0, prefix.length + 4) };
}

export const isApiToken = (text: string): boolean => text.startsWith(prefix);
export const apiTokenHash = (secret: string): string => sha256Hex(secret);

/** Three groups a person can type; shown once. */
export function newRecoveryCode(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const bytes = Buffer.from(randomToken(24), 'base64url');
  const letters = Array.from(bytes.subarray(0, 12), byte => alphabet[byte % alphabet.length]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8, 12)}`;
}

/** Keyed by the installation's secret: sixty bits a person can type are too few for a bare hash in a stolen dump. */
export const recoveryHash = (userId: string, code: string): string =>
  createHmac('sha256', env().secret('recovery-codes'))
    .update(`${userId}:${code.toLowerCase().replace(/[^a-z0-9]/g, '')}`)
    .digest('hex');
