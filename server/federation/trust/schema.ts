import { z } from 'zod';
import { dsseEnvelope } from '#kernel/signing/dsse.ts';

export const joinType = 'application/vnd.atom.federation-join+json';
export const joinedType = 'application/vnd.atom.federation-joined+json';

export const memberStates = ['pending', 'active', 'suspended', 'revoked'] as const;
export type MemberState = (typeof memberStates)[number];

/** As SPIFFE names them: a host name, nothing else. */
export const trustDomain = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/, 'Use a–z, 0–9, dots, hyphens and underscores.');
const endpoint = z.url({ protocol: /^https?$/ }).max(300);

/** A published bundle: a JWK set with the numbers SPIFFE adds. Loose: keys of unknown kinds are skipped, not refused. */
export const trustBundle = z.looseObject({
  keys: z
    .array(z.looseObject({ kty: z.string(), use: z.string().optional(), kid: z.string().optional() }))
    .max(64),
  spiffe_sequence: z.int().min(0),
  spiffe_refresh_hint: z
    .int()
    .min(1)
    .max(86_400 * 7),
});
export type TrustBundle = z.output<typeof trustBundle>;

export const bundleOutput = z.object({
  keys: z.array(z.record(z.string(), z.json())),
  spiffe_sequence: z.int(),
  spiffe_refresh_hint: z.int(),
});

/** What the signed half of a join says. */
export const joinContent = z.strictObject({
  purpose: z.literal('atom-federation-join'),
  trustDomain,
  endpoint,
  /** SHA-256 of the token: the signature is good for this invitation only. */
  token: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  bundle: trustBundle,
});
export type JoinContent = z.output<typeof joinContent>;

export const joinInput = z.strictObject({ token: z.string().min(16).max(200), envelope: dsseEnvelope });
export const joinOutput = z.object({
  status: z.literal('joined'),
  state: z.enum(memberStates),
  /** Signed by whoever invited: who they are, their bundle, and that they know the token. */
  answer: dsseEnvelope,
});

export const joinedContent = z.strictObject({
  purpose: z.literal('atom-federation-joined'),
  trustDomain,
  endpoint,
  token: z.string(),
  /** HMAC of the rest under the token itself: only whoever made the invitation can answer it. */
  proof: z.string(),
  bundle: trustBundle,
});

export const inviteInput = z.strictObject({
  trustDomain,
  hours: z
    .int()
    .min(1)
    .max(24 * 7)
    .default(24),
});
export const inviteOutput = z.object({
  id: z.string(),
  trustDomain: z.string(),
  token: z.string(),
  expiresAt: z.string(),
});

export const acceptInput = z.strictObject({ endpoint, token: z.string().min(16).max(200) });

export const memberOrder = z.strictObject({ id: trustDomain, reason: z.string().trim().min(3).max(500) });
export const memberOrdered = z.object({
  status: z.literal('done'),
  id: z.string(),
  state: z.enum(memberStates),
});

export const freshness = ['fresh', 'stale', 'expired'] as const;
export type Freshness = (typeof freshness)[number];

export const memberRow = z.object({
  id: z.string(),
  trustDomain: z.string(),
  endpoint: z.string(),
  state: z.enum(memberStates),
  origin: z.enum(['invited', 'joined']),
  simulated: z.boolean(),
  bundleSequence: z.int(),
  bundleAt: z.string(),
  freshness: z.enum(freshness),
  /** After this moment nothing signed with its keys counts, unless a newer bundle comes. */
  expiresAt: z.string(),
  nextRefreshAt: z.string(),
  failures: z.int(),
  lastError: z.string().nullable(),
  keys: z.array(z.object({ kid: z.string(), algorithm: z.string() })),
  ignoredKeys: z.int(),
  reason: z.string().nullable(),
  createdAt: z.string(),
  /** Null: two people have not agreed yet. */
  admittedAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});
export type MemberRow = z.output<typeof memberRow>;

export const membersOutput = z.object({
  self: z.object({
    trustDomain: z.string(),
    endpoint: z.string(),
    sequence: z.int(),
    keys: z.array(z.object({ kid: z.string(), algorithm: z.string() })),
  }),
  members: z.array(memberRow),
  invites: z.array(
    z.object({
      id: z.string(),
      trustDomain: z.string(),
      expiresAt: z.string(),
      createdAt: z.string(),
      state: z.enum(['open', 'used', 'expired']),
    }),
  ),
});

export const spreadOutput = z.object({
  revocations: z.array(
    z.object({
      sequence: z.int(),
      trustDomain: z.string(),
      reason: z.string(),
      at: z.string(),
      targets: z.array(
        z.object({
          kind: z.enum(['relay', 'region', 'member']),
          target: z.string(),
          /** It was not there when it was said; it hears when it is back. */
          away: z.boolean(),
          heardAfterMs: z.int().nullable(),
          error: z.string().nullable(),
        }),
      ),
    }),
  ),
});
export type Revocation = z.output<typeof spreadOutput>['revocations'][number];

const names = z.array(z.string().min(1).max(63)).min(1).max(200);
const dataClass = z.enum(['public', 'internal', 'personal', 'financial', 'health']);
const country = z.string().regex(/^(?:[A-Z]{2}|\*)$/, 'A country (ISO 3166-1) or *.');

/** Governance of the federation, as data. What no line allows is denied, save where a list is empty: then nothing is ruled. */
export const federationRules = z.strictObject({
  /** Who may replicate to whom: regions by name, or *. The first line that fits decides. */
  replication: z
    .array(z.strictObject({ from: names, to: names, allow: z.boolean() }))
    .max(200)
    .default([]),
  /** Which classes may cross which borders. The first line that fits decides. */
  borders: z
    .array(
      z.strictObject({
        classes: z.array(dataClass).min(1),
        from: z.array(country).min(1).max(250),
        to: z.array(country).min(1).max(250),
        allow: z.boolean(),
      }),
    )
    .max(200)
    .default([]),
  /** Kinds of key that a member must sign with, each at least once. */
  signatures: z
    .array(z.enum(['ed25519', 'ecdsa-p256', 'ml-dsa-65', 'classical']))
    .min(1)
    .default(['classical', 'ml-dsa-65']),
  /** How many witnesses must cosign a checkpoint of this ledger; fewer, and what needs approval waits. */
  witnesses: z.int().min(0).max(20).default(0),
  /** For how long what was signed may wait for them. They are asked once a minute. */
  witnessMinutes: z
    .int()
    .min(2)
    .max(24 * 60)
    .default(10),
  /** How old a member's bundle may be before nothing of it counts. */
  bundleHours: z
    .int()
    .min(1)
    .max(24 * 30)
    .default(24),
});
export type FederationRules = z.output<typeof federationRules>;

export const rulesOutput = z.object({
  version: z.int(),
  at: z.string().nullable(),
  by: z.string().nullable(),
  rules: federationRules,
});
export const governInput = z.strictObject({
  version: z.int().min(0),
  rules: federationRules,
  reason: z.string().trim().min(3).max(500),
});
export const flowInput = z.strictObject({
  from: z.string().min(1).max(63),
  to: z.string().min(1).max(63),
  dataClass,
});
export const flowOutput = z.object({ allowed: z.boolean(), reason: z.string() });

/** What is sent to members, signed as a whole by HTTP message signatures. */
export const announcement = z.strictObject({
  kind: z.literal('revocation'),
  trustDomain,
  sequence: z.int().min(1),
  keys: z.array(z.string().max(200)).max(64),
  at: z.iso.datetime(),
});
export type Announcement = z.output<typeof announcement>;
