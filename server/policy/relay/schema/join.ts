import { z } from 'zod';
import { hubKeys, relayId, time } from './wire.ts';

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
