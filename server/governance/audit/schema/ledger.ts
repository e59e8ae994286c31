import { z } from 'zod';

const size = z.int().min(0);

export const uidInput = z.strictObject({ uid: z.uuid() });
export const receiptAnswer = z.object({ receipt: z.string().nullable() });
export const promiseAnswer = z.object({ promise: z.string() });
export const checkPromiseInput = z.strictObject({ promise: z.string().max(32_768) });
export const promiseVerdict = z.object({ state: z.enum(['kept', 'pending', 'broken']) });

export const findingList = z.object({
  rows: z.array(
    z.object({
      id: z.uuid(),
      kind: z.string(),
      subject: z.string(),
      halts: z.boolean(),
      message: z.string(),
      evidence: z.array(z.string()),
      foundAt: z.string(),
      resolvedAt: z.string().nullable(),
      resolution: z.string().nullable(),
    }),
  ),
});

export const witnessList = z.object({
  /** Under which key this console witnesses others. */
  ownKey: z.string(),
  witnesses: z.array(
    z.object({
      id: z.string(),
      url: z.string(),
      vkeys: z.array(z.string()),
      size,
      state: z.enum(['new', 'cosigning', 'failing']),
      error: z.string().nullable(),
      cosignedAt: z.string().nullable(),
      checkedAt: z.string().nullable(),
    }),
  ),
  witnessed: z.array(
    z.object({
      origin: z.string(),
      vkeys: z.array(z.string()),
      size,
      cosignedAt: z.string().nullable(),
    }),
  ),
});

const vkeys = z.array(z.string().min(20).max(4096)).min(1).max(8);
export const addWitnessInput = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  url: z.url({ protocol: /^https?$/ }).max(500),
  vkeys,
});
export const removeWitnessInput = z.strictObject({ id: z.string().max(63) });
export const addLogInput = z.strictObject({ origin: z.string().min(1).max(200), vkeys });
export const removeLogInput = z.strictObject({ origin: z.string().min(1).max(200) });
export const resolveFindingInput = z.strictObject({
  id: z.uuid(),
  resolution: z.string().trim().min(5).max(500),
});
export const done = z.object({ id: z.string() });
