import { z } from 'zod';
import { hubKeys, predicateType, protocolVersion, sha256, time, wireEnvelope } from './wire.ts';

/** The in-toto predicate of a policy's own signature. */
export const policyPredicate = z.strictObject({
  id: z.string(),
  version: z.int().min(1),
  kind: z.string(),
  issuedAt: time,
  expires: time.nullable(),
  author: z.string(),
  /** True when the hub signed for an operator who was signed in, and not the author with a key of their own. */
  signedOnBehalf: z.boolean(),
  previous: sha256.nullable(),
});
export type PolicyPredicate = z.output<typeof policyPredicate>;

export const policyStatement = z.strictObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256 }) })).length(1),
  predicateType: z.literal(predicateType),
  predicate: policyPredicate,
});

const ref = {
  rollout: z.string().max(64),
  policy: z.string().max(120),
  version: z.int().min(1),
  hash: sha256,
};
export const stageBody = z.strictObject({
  type: z.literal('stage'),
  ...ref,
  /** The policy's canonical bytes, base64, and the statement over their hash. */
  content: z.string().max(700_000),
  statement: wireEnvelope,
});
export const activateBody = z.strictObject({ type: z.literal('activate'), ...ref, epoch: z.int().min(1) });
export const withdrawBody = z.strictObject({
  type: z.literal('withdraw'),
  ...ref,
  reason: z.string().max(300),
});
export const revokeBody = z.strictObject({
  type: z.literal('revoke'),
  policy: z.string().max(120),
  version: z.int().min(1),
  epoch: z.int().min(1),
  reason: z.string().max(300),
});
export const keysBody = z.strictObject({
  type: z.literal('keys'),
  keys: hubKeys,
  /** Ids of keys that nothing may be believed of any more, also not what they signed before. */
  withdrawn: z.array(z.string().max(200)).max(16).default([]),
});
export const logBody = z.discriminatedUnion('type', [
  stageBody,
  activateBody,
  withdrawBody,
  revokeBody,
  keysBody,
]);
export type LogBody = z.output<typeof logBody>;

/**
 * One entry of the hub's log. The chain of hashes shows a gap or a fork; the body travels beside its hash, so that a
 * relay outside of the scope keeps the chain without seeing what does not concern it.
 */
export const logHeader = z.strictObject({
  v: z.literal(protocolVersion),
  hub: z.string().max(200),
  seq: z.int().min(1),
  prev: sha256,
  at: time,
  bodyHash: sha256,
});
export type LogHeader = z.output<typeof logHeader>;

export const logEntry = z.strictObject({ header: wireEnvelope, body: z.string().max(1_200_000).nullable() });
export type LogEntry = z.output<typeof logEntry>;
