import { z } from 'zod';
import { regionDatabases } from '#kernel/regions/database-kinds.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { regionEnvironments, regionStates } from './schema/terms.ts';

export { type RegionState, regionStates } from './schema/terms.ts';

export const regionRoles = ['primary', 'replica', 'member'] as const;
export type RegionRole = (typeof regionRoles)[number];
export const registrationType = 'application/vnd.atom.region+json';
export const heartbeatType = 'application/vnd.atom.region-heartbeat+json';

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
  /** When it was signed. Needed to return to what was replaced before; no part of what it says. */
  issuedAt: z.iso.datetime().optional(),
});
export type Registration = z.output<typeof registration>;

const checkResults = ['PASS', 'FAIL', 'BLOCKED', 'N/A'] as const;
const policyId = z.enum(['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7']);

/** What a heartbeat's payload says. */
export const heartbeat = z.strictObject({
  name: regionName,
  /** Grows with every heartbeat; the time in milliseconds does. */
  sequence: z.int().min(1),
  at: z.iso.datetime(),
  role: z.enum(regionRoles).optional(),
  epoch: z.int().min(0).optional(),
  version: z.string().min(1).max(100).optional(),
  /** The number under `trust` in the last notices: up to which revocation it has heard. */
  bundle: z.int().min(0).optional(),
  load: z
    .strictObject({
      cpu: z.number().min(0).max(1).optional(),
      memory: z.number().min(0).max(1).optional(),
      rps: z.number().min(0).optional(),
    })
    .optional(),
  checks: z.partialRecord(policyId, z.enum(checkResults)).optional(),
});
export type Heartbeat = z.output<typeof heartbeat>;

/** Loose for the same reason as a registration: what is missing is named. */
export const heartbeatInput = z.looseObject({ name: regionName });
export const heartbeatOutput = z.object({
  status: z.literal('accepted'),
  region: z.string(),
  state: z.enum(regionStates),
  sequence: z.int(),
  receivedAt: z.string(),
  /** What a region ought to know and may have missed, by the system that says it. */
  notices: z.record(z.string(), z.json()),
});

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
  database: z.enum(regionDatabases),
  /** It has no database but in the simulated world. */
  simulated: z.boolean(),
  /** Its heartbeats are the simulated world's, whatever its database is. */
  simulatedPulse: z.boolean(),
  role: z.enum(regionRoles),
  epoch: z.int(),
  /** The last heartbeat, if there was one. */
  heardAt: z.string().nullable(),
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
  stateReason: z.string().nullable(),
  sequence: z.int(),
  skewMs: z.int().nullable(),
  report: heartbeat.omit({ name: true, sequence: true, at: true }).nullable(),
  lostAt: z.string().nullable(),
  keys: z.array(regionKeyRow),
});
export type RegionDetail = z.output<typeof regionDetail>;

export const registerOutput = z.object({
  status: z.enum(['registered', 'updated', 'unchanged']),
  region: regionDetail,
});

const difference = z.object({ what: z.string(), before: z.json(), after: z.json() });
export const returned = z.object({
  region: z.string(),
  state: z.enum(regionStates),
  lostAt: z.string().nullable(),
  /** What the console knew of it when it was lost, against now. */
  differences: z.array(difference),
});
export type Returned = z.output<typeof returned>;

export const regionOrder = z.strictObject({ name: regionName, reason: z.string().trim().min(3).max(500) });
export const regionOrdered = z.object({
  status: z.literal('done'),
  region: z.string(),
  state: z.enum(regionStates),
});

export const noticesInput = z.strictObject({
  name: regionName,
  /** The digest of what is known already: the answer waits until there is something else. */
  known: z.string().max(64).optional(),
  /** Seconds. */
  wait: z.int().min(0).max(20).default(0),
});
export const noticesOutput = z.object({ digest: z.string(), notices: z.record(z.string(), z.json()) });

export const pulsesOutput = z.object({
  schedule: z.object({ degradedMs: z.int(), unreachableMs: z.int() }),
  rows: z.array(z.object({ minute: z.string(), beats: z.int(), gapMs: z.int(), skewMs: z.int() })),
});
export type Pulse = z.output<typeof pulsesOutput>['rows'][number];

export const regionSorts = ['id', 'state', 'country', 'environment', 'heardAt', 'updatedAt'] as const;
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
    z.object({
      name: z.string(),
      state: z.enum(regionStates),
      since: z.string(),
      database: z.enum(regionDatabases),
      simulated: z.boolean(),
      lastHeartbeat: z.string().nullable(),
      role: z.enum(regionRoles),
      epoch: z.int(),
      /** P1 to P7 as the region itself reports them; nothing where it reports none. */
      policies: z.partialRecord(policyId, z.enum(checkResults)),
    }),
  ),
  byState: z.record(z.string(), z.int()),
});
