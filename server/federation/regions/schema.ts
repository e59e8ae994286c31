import { z } from 'zod';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';

export const regionStates = ['active', 'degraded', 'unreachable', 'quarantined', 'retired'] as const;
export const regionEnvironments = ['production', 'staging', 'simulation'] as const;
export const registrationType = 'application/vnd.atom.region+json';

export const regionName = z
  .string()
  .min(1)
  .max(63)
  .regex(
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    'Use a–z, 0–9 and hyphens, beginning and ending with a letter or digit.',
  );

/** What the envelope's payload says. */
export const registration = z.strictObject({
  name: regionName,
  url: z.url({ protocol: /^https?$/ }).max(300),
  keys: z.array(z.string().max(2000)).min(1, 'Name at least one public key.').max(8),
  provider: z.string().trim().min(1).max(60).optional(),
  location: z
    .strictObject({
      lat: z.number().min(-90).max(90),
      lon: z.number().min(-180).max(180),
      country: z.string().regex(/^[A-Z]{2}$/, 'Two capital letters (ISO 3166-1).'),
    })
    .optional(),
  environment: z.enum(regionEnvironments),
});
export type Registration = z.output<typeof registration>;

/**
 * Loose on purpose: somebody who posts the bare registration, or an envelope without signatures, is to hear that it is
 * unsigned, not that a field is missing.
 */
export const registerInput = z.looseObject({});
export const regionRef = z.strictObject({ name: regionName });

export const regionRow = z.object({
  id: z.string(),
  url: z.string(),
  provider: z.string().nullable(),
  environment: z.enum(regionEnvironments),
  state: z.enum(regionStates),
  stateSince: z.string(),
  lat: z.number().nullable(),
  lon: z.number().nullable(),
  country: z.string().nullable(),
  simulated: z.boolean(),
  updatedAt: z.string(),
});
export type RegionRow = z.output<typeof regionRow>;

export const regionKeyRow = z.object({
  id: z.string(),
  algorithm: z.string(),
  publicKey: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
});

export const regionDetail = regionRow.extend({
  contentHash: z.string(),
  createdAt: z.string(),
  keys: z.array(regionKeyRow),
});
export type RegionDetail = z.output<typeof regionDetail>;

export const registerOutput = z.object({
  status: z.enum(['registered', 'updated', 'unchanged']),
  region: regionDetail,
});

export const regionSorts = ['id', 'state', 'country', 'environment', 'updatedAt'] as const;
export const listRegionsInput = listInput(regionSorts, {
  state: facet(regionStates),
  environment: facet(regionEnvironments),
  /** These regions only, none if it is empty: what the scope of the console narrows to. */
  id: z.array(z.string().min(1).max(63)).max(100).optional(),
});
export type ListRegionsInput = z.output<typeof listRegionsInput>;
export const listRegionsOutput = listOutput(regionRow);

export const globalStatus = z.object({
  at: z.string(),
  regions: z.array(
    z.object({ name: z.string(), state: z.enum(regionStates), since: z.string(), simulated: z.boolean() }),
  ),
  byState: z.record(z.string(), z.int()),
});
