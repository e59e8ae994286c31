import { z } from 'zod';
import { logEntry } from './log.ts';
import { protocolVersion, relayId, seq, sha256, time, wireEnvelope } from './wire.ts';

/** So many names fit: of more, the newest are told, since a beat that is refused would take the lease with it. */
export const mostRevoked = 1_000;

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
  trust: z.strictObject({ sequence: seq, revoked: z.array(z.string().max(255)).max(mostRevoked) }).optional(),
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
