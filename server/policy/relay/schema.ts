import { z } from 'zod';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { relayStates } from './schema/terms.ts';

/** What hub and relays say to each other. Every message is a DSSE envelope; these are the payloads. */
export const protocolVersion = 1;
export const entryType = 'application/vnd.atom.policy-log+json';
export const beatType = 'application/vnd.atom.hub-beat+json';
export const welcomeType = 'application/vnd.atom.hub-welcome+json';
export const relayType = 'application/vnd.atom.relay+json';
export const statementType = 'application/vnd.in-toto+json';
export const predicateType = 'https://atom-console.dev/policy/v1';

export const relayId = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'Use a–z, 0–9 and hyphens.');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();
const seq = z.int().min(0);

export const wireEnvelope = z.strictObject({
  payload: z.string().max(1_400_000),
  payloadType: z.string().max(200),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(200).optional(), sig: z.string().max(8_000) }))
    .max(8),
});
export type WireEnvelope = z.output<typeof wireEnvelope>;

/** Public keys a relay pins: a signature of each list is needed, so neither algorithm alone can speak for the hub. */
export const hubKeys = z.strictObject({
  classical: z
    .array(z.strictObject({ id: z.string().max(200), pem: z.string().max(4_000) }))
    .min(1)
    .max(8),
  postQuantum: z
    .array(z.strictObject({ id: z.string().max(200), pem: z.string().max(8_000) }))
    .min(1)
    .max(8),
});
export type HubKeys = z.output<typeof hubKeys>;

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

/** Signed once a second and sent to every relay alike. */
export const hubBeat = z.strictObject({
  v: z.literal(protocolVersion),
  hub: z.string().max(200),
  at: time,
  serveUntil: time,
  head: seq,
  headHash: sha256,
  epoch: z.int().min(0),
  /** Who is no longer trusted in the federation, and the number of the last such decision. */
  trust: z.strictObject({ sequence: seq, revoked: z.array(z.string().max(255)).max(1_000) }).optional(),
});
export type HubBeat = z.output<typeof hubBeat>;

export const ackPhases = ['staged', 'active', 'refused', 'removed'] as const;
export const ackBody = z.strictObject({
  type: z.literal('ack'),
  rollout: z.string().max(64),
  policy: z.string().max(120),
  version: z.int().min(1),
  phase: z.enum(ackPhases),
  /** Hash over the bytes this relay holds, by its own computation. */
  hash: z.string().max(64),
  epoch: z.int().min(0),
  reason: z.string().max(300).optional(),
});
export type AckBody = z.output<typeof ackBody>;

export const activePolicy = z.strictObject({
  policy: z.string().max(120),
  version: z.int().min(1),
  hash: sha256,
  epoch: z.int().min(1),
});
export const helloBody = z.strictObject({
  type: z.literal('hello'),
  nonce: z.string().min(16).max(200),
  cursor: seq,
  headHash: sha256,
  epoch: z.int().min(0),
  active: z.array(activePolicy).max(5_000),
  agent: z.string().max(60),
});
export const beatBody = z.strictObject({
  type: z.literal('beat'),
  cursor: seq,
  epoch: z.int().min(0),
  /** SHA-256 over the sorted list of active policies: a cheap check that hub and relay agree. */
  digest: sha256,
  decisions: z.int().min(0),
  stale: z.boolean(),
  /** Up to which decision about trust this relay has heard. */
  trust: seq.optional(),
});
export const relayBody = z.discriminatedUnion('type', [helloBody, beatBody, ackBody]);

/** What a relay signs. `seq` rises by at least one with every message and survives restarts: a replay is seen. */
export const relayMessage = z.strictObject({
  v: z.literal(protocolVersion),
  relay: relayId,
  seq: z.int().min(1),
  at: time,
  body: relayBody,
});
export type RelayMessage = z.output<typeof relayMessage>;
export type RelayBody = z.output<typeof relayBody>;

/** The hub's signed answer to one hello: without it a relay could be told a wrong time and take a lease for longer than it is. */
export const hubWelcome = z.strictObject({
  v: z.literal(protocolVersion),
  hub: z.string().max(200),
  relay: relayId,
  /** The number of the hello it answers. */
  answers: seq,
  at: time,
  /** Highest message number seen of this relay: one that was restored from an old disk goes on above it. */
  seqFloor: seq,
  head: seq,
  region: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
});
export type HubWelcome = z.output<typeof hubWelcome>;

/** Frames on the wire, hub to relay. */
export const hubFrame = z.discriminatedUnion('frame', [
  z.strictObject({ frame: z.literal('challenge'), nonce: z.string().max(200), hub: z.string().max(200) }),
  z.strictObject({ frame: z.literal('welcome'), welcome: wireEnvelope }),
  z.strictObject({ frame: z.literal('entries'), entries: z.array(logEntry).max(200), more: z.boolean() }),
  z.strictObject({ frame: z.literal('beat'), beat: wireEnvelope }),
  z.strictObject({ frame: z.literal('refused'), code: z.string().max(60), message: z.string().max(300) }),
]);
export type HubFrame = z.output<typeof hubFrame>;

/** Frames on the wire, relay to hub. */
export const relayFrame = z.discriminatedUnion('frame', [
  z.strictObject({ frame: z.literal('signed'), message: wireEnvelope }),
  z.strictObject({ frame: z.literal('pull'), after: seq }),
]);
export type RelayFrame = z.output<typeof relayFrame>;

export const joinRequest = z.strictObject({
  id: relayId,
  region: z.string().max(63).optional(),
  labels: z.record(z.string().max(63), z.string().max(63)).default({}),
  publicKey: z.string().max(2_000),
  agent: z.string().max(60).default('unknown'),
  /** Signature by the key over the token's hash, the id and the time: a stolen token without its key joins nobody else. */
  at: time,
  proof: z.string().max(200),
});
export type JoinRequest = z.output<typeof joinRequest>;

export const pinnedLog = z.strictObject({
  origin: z.string().max(300),
  vkeys: z.array(z.string().max(6_000)).min(1).max(8),
});
export type PinnedLog = z.output<typeof pinnedLog>;

export const joinAnswer = z.strictObject({
  hub: z.string().max(200),
  state: z.string().max(40),
  keys: hubKeys,
  /** The last entry of the hub's log: what it says of keys up to there is history. */
  keysFrom: z.int().min(0),
  /** The console's ledger, which the relay witnesses. */
  ledger: pinnedLog,
  /** HMAC under the token: only who gave it out can answer. */
  proof: z.string().max(100),
});

export const relayView = z.object({
  id: z.string(),
  region: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  state: z.enum(relayStates),
  stateReason: z.string().nullable(),
  agent: z.string(),
  simulated: z.boolean(),
  cursor: z.int(),
  epoch: z.int(),
  stale: z.boolean(),
  strikes: z.int(),
  decisions: z.int(),
  joinedAt: z.string(),
  lastSeenAt: z.string().nullable(),
  holding: z.int(),
  /** Active policies that concern it and that it does not say it holds. */
  missing: z.int(),
});
export type RelayView = z.output<typeof relayView>;
export const relayDetail = relayView.extend({
  held: z.array(
    z.object({
      policy: z.string(),
      version: z.int(),
      hash: z.string(),
      epoch: z.int(),
      at: z.string(),
      activeVersion: z.int().nullable(),
    }),
  ),
});
export const listRelaysInput = listInput(['id', 'region', 'lastSeenAt', 'state'], {
  state: facet(relayStates),
  region: z.array(z.string().max(63)).max(100).optional(),
});
export type ListRelaysInput = z.output<typeof listRelaysInput>;
export const listRelaysOutput = listOutput(relayView);
export const relayRef = z.strictObject({ id: relayId });
export const relayChange = z.strictObject({
  id: relayId,
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
export const tokenInput = z.strictObject({
  name: z.string().trim().min(1, 'Name it, so that you know it again.').max(80),
  maxUses: z.int().min(1).max(10_000).default(1),
  hours: z.int().min(1).max(720).default(24),
});
export const tokenMade = z.object({ id: z.string(), token: z.string(), expiresAt: z.string() });
export const tokenRef = z.strictObject({ id: z.string().max(40) });
export const tokenRow = z.object({
  id: z.string(),
  name: z.string(),
  uses: z.int(),
  maxUses: z.int(),
  expiresAt: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
});
