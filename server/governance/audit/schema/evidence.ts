import { z } from 'zod';

/** What an evidence archive is made of; its makers and its verifiers read the same page. */
export const evidenceType = 'application/vnd.atom.evidence+json';
export const evidenceFiles = {
  readme: 'README.md',
  entries: 'entries.jsonl',
  proofs: 'proofs.jsonl',
  checkpoint: 'checkpoint.txt',
  keys: 'keys.json',
  manifest: 'manifest.json',
  signature: 'manifest.dsse.json',
} as const;

const sha = z.string().regex(/^[0-9a-f]{64}$/);

export const evidenceManifest = z.strictObject({
  format: z.literal('atom-evidence/1'),
  origin: z.string(),
  madeAt: z.iso.datetime(),
  madeBy: z.string(),
  filter: z.string(),
  entries: z.int().min(0),
  /** Entries that fit but had no proof yet: they are not in the archive. */
  promised: z.int().min(0),
  /** Entries whose bytes are withheld because they hold what looks like a secret. */
  withheld: z.int().min(0),
  treeSize: z.int().min(1),
  /** How many witnesses the rules asked for when it was made. */
  witnessesRequired: z.int().min(0).max(20).optional(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int().min(0), sha256: sha })).max(20),
});
export type EvidenceManifest = z.output<typeof evidenceManifest>;

export const evidenceKeys = z.strictObject({
  ledger: z.array(z.string()).max(50),
  witnesses: z.array(z.string()).max(50),
  signing: z
    .array(
      z.strictObject({
        id: sha,
        algorithm: z.enum(['ed25519', 'ecdsa-p256', 'ml-dsa-65']),
        publicKey: z.string(),
      }),
    )
    .max(10),
});
export type EvidenceKeys = z.output<typeof evidenceKeys>;

/** One line of `proofs.jsonl`, for the same line of `entries.jsonl`. */
export const evidenceProof = z.strictObject({
  uid: z.uuid(),
  index: z.int().min(0),
  leaf: sha,
  path: z.array(z.string()).max(64),
  /** The line of `entries.jsonl` is a stand-in. */
  withheld: z.literal(true).optional(),
});
export type EvidenceProof = z.output<typeof evidenceProof>;

/** Files that an archive about policies holds besides. */
export const evidenceExtras = { policies: 'policies.jsonl', audit: 'edge-audit.jsonl' } as const;

/** One line of `policies.jsonl`: the very bytes that were signed, twice, and when they were active. */
export const packedLine = z.strictObject({
  id: z.string(),
  kind: z.string(),
  version: z.int().min(1),
  hash: sha,
  epoch: z.int().min(1),
  from: z.string(),
  until: z.string().nullable(),
  /** Base64. */
  content: z.string(),
  /** DSSE over the in-toto statement. */
  statement: z.strictObject({
    payload: z.string(),
    payloadType: z.string(),
    signatures: z.array(z.strictObject({ keyid: z.string().optional(), sig: z.string() })).max(8),
  }),
});
export type PackedLine = z.output<typeof packedLine>;
