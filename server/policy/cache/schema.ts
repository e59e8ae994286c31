import { z } from 'zod';

const name = z.string().min(1).max(200);
const question = {
  tenant: name,
  purpose: name,
  /** Digest of the model that answers; another model is another key. */
  model: name,
  input: z.json(),
};
export const lookupInput = z.strictObject({
  ...question,
  /** While somebody else computes the same answer: how long to wait for it. */
  waitMs: z.int().min(0).max(10_000).default(0),
});
export const storeInput = z.strictObject({
  ...question,
  value: z.json(),
  /** As the lookup gave it: an answer that was computed under other policies is not kept. */
  policies: z.string().max(200).optional(),
  ttlSeconds: z.int().min(1).max(86_400).default(300),
});
export const invalidateInput = z
  .strictObject({ tenant: name.optional(), model: name.optional(), everything: z.literal(true).optional() })
  .refine(i => i.tenant ?? i.model ?? i.everything, 'Name a tenant, a model, or everything.');
export type LookupInput = z.output<typeof lookupInput>;
export type StoreInput = z.output<typeof storeInput>;
export type InvalidateInput = z.output<typeof invalidateInput>;

export type Lookup =
  | { hit: true; value: z.core.util.JSONType; ageSeconds: number }
  /** `compute` is true for exactly one caller at a time: the others wait for its answer, or go on without. */
  | { hit: false; compute: boolean; policies: string };
export type Stored = { stored: true; key: string } | { stored: false; reason: string };

const count = z.int().min(0);
/** What the daemon says of itself. */
export const cacheStats = z.object({
  entries: count,
  bytes: count,
  limitBytes: count,
  hits: count,
  misses: count,
  hitRatio: z.number().nullable(),
  evicted: count,
  expired: count,
  invalidated: count,
  coalesced: count,
  refused: count,
  inFlight: count,
  policies: z.string(),
});
export type CacheStats = z.output<typeof cacheStats>;

export const localCache = z.discriminatedUnion('reachable', [
  z.object({ reachable: z.literal(true), address: z.string(), askedAt: z.string(), stats: cacheStats }),
  z.object({ reachable: z.literal(false), address: z.string(), askedAt: z.string(), why: z.string() }),
]);
export type LocalCache = z.output<typeof localCache>;
