import { z } from 'zod';
import { questionSchema } from '#kernel/policy/evaluate.ts';
import { policyId, policyKinds, policyScope, stalenessContract } from '#kernel/policy/kinds.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { wireEnvelope } from '#server/policy/relay/schema.ts';
import { policyStates } from './schema/terms.ts';

/** For forms: what is typed is checked by the very schema that checks it here. */
export { documentSchemas, policyContent } from '#kernel/policy/kinds.ts';

export const versionStates = ['staging', 'active', 'superseded', 'withdrawn', 'revoked'] as const;
export const rolloutStates = ['waiting', 'staged', 'active', 'withdrawn'] as const;

export const policyRow = z.object({
  id: z.string(),
  kind: z.enum(policyKinds),
  tenantId: z.string().nullable(),
  state: z.enum(policyStates),
  scope: policyScope,
  latestVersion: z.int(),
  activeVersion: z.int().nullable(),
  activeHash: z.string().nullable(),
  activeEpoch: z.int().nullable(),
  updatedAt: z.string(),
  /** Of the relays it concerns, how many say that they have this version active. */
  holding: z.int(),
  relays: z.int(),
});
export type PolicyRow = z.output<typeof policyRow>;
export const policySorts = ['id', 'kind', 'updatedAt', 'state'] as const;
export const listPoliciesInput = listInput(policySorts, {
  kind: facet(policyKinds),
  state: facet(policyStates),
  tenant: z.array(z.string().max(63)).max(50).optional(),
});
export type ListPoliciesInput = z.output<typeof listPoliciesInput>;
export const listPoliciesOutput = listOutput(policyRow);

export const policyRef = z.strictObject({ id: policyId, version: z.coerce.number().int().min(1).optional() });

export const versionRow = z.object({
  version: z.int(),
  hash: z.string(),
  state: z.enum(versionStates),
  author: z.string(),
  signedOnBehalf: z.boolean(),
  simulationKey: z.boolean(),
  rollbackOf: z.int().nullable(),
  reason: z.string().nullable(),
  expires: z.string().nullable(),
  createdAt: z.string(),
});
export type VersionRow = z.output<typeof versionRow>;

export const policyDetail = policyRow.omit({ holding: true, relays: true }).extend({
  version: versionRow.nullable(),
  document: z.record(z.string(), z.unknown()),
  staleness: stalenessContract,
  statement: wireEnvelope,
  versions: z.array(versionRow),
});
export type PolicyDetail = z.output<typeof policyDetail>;

/** Loose on purpose: whoever posts something unsigned is to hear that, not that a field is missing. */
export const publishInput = z.looseObject({});
export const published = z.object({
  id: z.string(),
  version: z.int(),
  policy_hash: z.string(),
  rollout: z.string(),
  state: z.literal('staging'),
});

const reason = z.string().trim().min(3, 'Say why, in a few words.').max(500);
export const rollbackInput = z.strictObject({ id: policyId, toVersion: z.int().min(1), reason });
export const revokeInput = z.strictObject({ id: policyId, reason });
export const revoked = z.object({ id: z.string(), version: z.int(), epoch: z.int() });

export const rolloutRow = z.object({
  id: z.string(),
  policyId: z.string(),
  version: z.int(),
  kind: z.string(),
  strict: z.boolean(),
  state: z.enum(rolloutStates),
  publishedAt: z.string(),
  stagedAt: z.string().nullable(),
  decidedAt: z.string().nullable(),
  epoch: z.int().nullable(),
  reason: z.string().nullable(),
  members: z.int(),
  staged: z.int(),
  active: z.int(),
  refused: z.int(),
  /** Milliseconds from publishing to active, of the relays that are. */
  p50: z.number().nullable(),
  p99: z.number().nullable(),
  slowest: z.number().nullable(),
});
export type RolloutRow = z.output<typeof rolloutRow>;
export const rolloutsInput = z.strictObject({
  policy: policyId.optional(),
  limit: z.int().min(1).max(200).default(20),
});
export const rolloutRef = z.strictObject({ id: z.string().max(64) });
export const rolloutDetail = rolloutRow.extend({
  relays: z.array(
    z.object({
      relay: z.string(),
      region: z.string().nullable(),
      ack: z.enum(['none', 'staged', 'refused']),
      reason: z.string().nullable(),
      stagedMs: z.number().nullable(),
      activeMs: z.number().nullable(),
    }),
  ),
});

export const hubStatus = z.object({
  status: z.enum(['ok', 'degraded']),
  system: z.literal('policies'),
  simulated: z.boolean(),
  hub: z.string(),
  head: z.int(),
  epoch: z.int(),
  policies: z.object({ active: z.int(), revoked: z.int() }),
  relays: z.object({
    admitted: z.int(),
    connected: z.int(),
    pending: z.int(),
    quarantined: z.int(),
    stale: z.int(),
  }),
  rollouts: z.object({ open: z.int(), lastDay: z.int(), withdrawnLastDay: z.int() }),
  sync: z.object({
    p50: z.number().nullable(),
    p99: z.number().nullable(),
    samples: z.int(),
    budgetMs: z.int(),
  }),
});

export const decideInput = questionSchema.extend({ kind: z.enum(policyKinds) });
export const decisionOutput = z.object({
  effect: z.enum(['allow', 'deny', 'approve', 'limit']),
  reasons: z.array(z.string()),
  obligations: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  under: z.array(z.object({ policy: z.string(), version: z.int(), hash: z.string(), epoch: z.int() })),
});

export const activeAtInput = z.strictObject({
  at: z.iso.datetime(),
  region: z.string().max(63).optional(),
});
export const activeAtOutput = z.array(
  z.object({
    policy: z.string(),
    kind: z.string(),
    tenantId: z.string().nullable(),
    version: z.int(),
    hash: z.string(),
    epoch: z.int(),
    from: z.string(),
    until: z.string().nullable(),
  }),
);

export const draftRef = z.strictObject({ id: policyId });
export const draftInput = z.strictObject({
  id: policyId,
  tenant: z.string().min(1).max(63).optional(),
  /** As it was typed; the document may still be text that is not JSON yet. */
  content: z
    .record(z.string().max(60), z.json())
    .refine(
      content => JSON.stringify(content).length <= 300_000,
      'A draft is at most 300,000 characters long.',
    ),
});
export type DraftInput = z.output<typeof draftInput>;
export const draftView = z.object({
  id: z.string(),
  tenantId: z.string().nullable(),
  content: z.record(z.string(), z.unknown()),
  baseVersion: z.int(),
  /** Somebody published since it was begun. */
  outdated: z.boolean(),
  author: z.string(),
  updatedAt: z.string(),
});
export type DraftView = z.output<typeof draftView>;

const outcome = z.enum(['allow', 'deny', 'approve', 'limit', 'none']);
export const dryRunOutput = z.object({
  recorded: z.int(),
  replayed: z.int(),
  changed: z.int(),
  denied: z.int(),
  admitted: z.int(),
  transitions: z.array(z.object({ from: outcome, to: outcome, count: z.int() })),
  examples: z.array(
    z.object({
      at: z.string(),
      question: questionSchema,
      from: outcome,
      to: outcome,
      obligations: z.boolean(),
      reasons: z.array(z.string()),
    }),
  ),
  since: z.string(),
  oldest: z.string().nullable(),
});
export type DryRunOutput = z.output<typeof dryRunOutput>;
