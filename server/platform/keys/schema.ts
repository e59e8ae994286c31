import { z } from 'zod';

export const keyStates = ['active', 'verifies', 'expired', 'revoked', 'unused'] as const;
export type KeyState = (typeof keyStates)[number];

const id = z.string().regex(/^[0-9a-f]{64}$/, 'A key is named by its SHA-256 fingerprint.');
const reason = z.string().trim().min(3, 'Say why, in a few words.').max(500);

export const keyRow = z.object({
  id: z.string(),
  algorithm: z.enum(['ed25519', 'ecdsa-p256', 'ml-dsa-65']),
  origin: z.enum(['generated', 'file', 'cosign', 'vault']),
  simulated: z.boolean(),
  state: z.enum(keyStates),
  uses: z.array(z.enum(['ledger', 'artefacts'])),
  /** Where the private half lies, when not in the console. */
  reference: z.string().nullable(),
  publicKey: z.string(),
  createdAt: z.string(),
  retiredAt: z.string().nullable(),
  verifyUntil: z.string().nullable(),
  revokedAt: z.string().nullable(),
  revokedReason: z.string().nullable(),
});
export type KeyListRow = z.output<typeof keyRow>;
export const keyList = z.object({ rows: z.array(keyRow) });

export const rotateInput = z.strictObject({
  id,
  reason,
  /** How long the old key verifies on. */
  overlapDays: z.int().min(0).max(365).default(30),
});
export const revokeInput = z.strictObject({ id, reason });
/** The key that follows, if the changed one was in use. */
export const keyChanged = z.object({ key: keyRow, successor: keyRow.nullable() });

/** RFC 7517, with members of our own; ML-DSA as AKP. */
export const jwkSet = z.object({
  keys: z.array(
    z.looseObject({
      kty: z.string(),
      kid: z.string(),
      alg: z.string(),
      use: z.literal('sig'),
      state: z.enum(keyStates),
      signs: z.array(z.enum(['ledger', 'artefacts'])),
      simulated: z.boolean(),
      createdAt: z.string(),
      verifyUntil: z.string().nullable(),
      revokedAt: z.string().nullable(),
    }),
  ),
});
export type JwkSet = z.output<typeof jwkSet>;
