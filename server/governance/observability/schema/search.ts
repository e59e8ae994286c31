import { z } from 'zod';
import { severities } from './events.ts';

export const telemetryEventRow = z.object({
  id: z.string(),
  tenantId: z.string(),
  ts: z.string(),
  event: z.string(),
  severity: z.enum(severities),
  service: z.string().optional(),
  region: z.string().optional(),
  message: z.string().optional(),
  templateId: z.string().optional(),
  traceId: z.string().optional(),
  attributes: z.record(z.string(), z.unknown()),
  source: z.string(),
  simulated: z.boolean(),
});

const several = z.array(z.string().min(1).max(120)).max(100).optional();
const asked = {
  q: z
    .string()
    .trim()
    .max(300)
    .refine(text => !/\p{Cc}/u.test(text), 'Control characters are not accepted.')
    .optional(),
  tenant: several,
  service: several,
  region: several,
  severity: z.array(z.enum(severities)).max(severities.length).optional(),
  event: z.string().min(1).max(120).optional(),
  template: z.string().min(1).max(64).optional(),
  /** The last so many hours, where no instants are given. */
  hours: z
    .number()
    .min(0.1)
    .max(24 * 400)
    .optional(),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
};
export const searchInput = z.strictObject({
  ...asked,
  offset: z.int().min(0).max(10_000).default(0),
  limit: z.int().min(1).max(200).default(50),
});
export type SearchInput = z.output<typeof searchInput>;
export const searchFilter = z.strictObject(asked);

export const searchResult = z.object({
  rows: z.array(telemetryEventRow),
  total: z.int(),
  /** There are more than are counted. */
  atLeast: z.boolean(),
  nextOffset: z.int().nullable(),
  /** What a search with words was ranked by. */
  rankedBy: z.array(z.string()),
  /** Parts of values were looked for in what came since then only, since there is more than is looked through. */
  wordsSince: z.string().nullable(),
});
export type SearchResult = z.output<typeof searchResult>;

export const histogram = z.object({
  stepSeconds: z.number(),
  buckets: z.array(z.object({ at: z.string(), counts: z.record(z.string(), z.int()) })),
});

const counts = z.record(z.string(), z.int());
export const eventFacets = z.object({ tenant: counts, service: counts, region: counts, severity: counts });

export const eventRef = z.strictObject({
  id: z.string().min(1).max(400),
  tenant: z.string().max(63).optional(),
});
export const eventFound = z.object({
  event: telemetryEventRow,
  template: z.string().nullable(),
});

export const templatesInput = z.strictObject({
  tenant: several,
  hours: z
    .number()
    .min(0.1)
    .max(24 * 400)
    .default(24),
  words: z.string().trim().max(200).default(''),
});
export const templateList = z.object({
  rows: z.array(
    z.object({
      tenantId: z.string(),
      id: z.string(),
      template: z.string(),
      event: z.string(),
      severity: z.enum(severities),
      count: z.number(),
      firstSeen: z.string(),
      lastSeen: z.string(),
      vector: z.boolean(),
      model: z.string().nullable(),
    }),
  ),
});
