import { z } from 'zod';
import { channels, type exportLimits, outcomes } from './schema/terms.ts';

export { exportLimits } from './schema/terms.ts';

/** Entries a list may look through for words, counts may cover, and an export may hold. */
export const searchWindow = 200_000;
export const countWindow = 10_000;
export type ExportFormat = keyof typeof exportLimits;

export const auditEntry = z.object({
  uid: z.uuid(),
  at: z.string(),
  type: z.string(),
  system: z.string(),
  outcome: z.enum(outcomes),
  actor: z.string(),
  target: z.string().nullable(),
  tenantId: z.string().nullable(),
  reference: z.string().nullable(),
  channel: z.string().nullable(),
  simulated: z.boolean(),
  detail: z.record(z.string(), z.unknown()),
  /** What the entry says, in words. */
  sentence: z.string(),
  /** Position in the tree; null while only promised. */
  index: z.int().nullable(),
});
export type AuditEntry = z.output<typeof auditEntry>;

const some = z.array(z.string().min(1).max(200)).max(50).optional();
const instant = z.iso.datetime({ offset: true });

export const entryFilter = z.strictObject({
  /** Words in type, actor, target, tenant and reference; all must occur. */
  search: z.string().trim().max(100).optional(),
  type: some,
  system: some,
  outcome: z.array(z.enum(outcomes)).max(outcomes.length).optional(),
  actor: some,
  tenant: some,
  channel: z.array(z.enum(channels)).max(channels.length).optional(),
  from: instant.optional(),
  to: instant.optional(),
  /** `kind:id` */
  target: z.string().max(200).optional(),
  /** Also what the console notes about itself all the time. */
  routine: z.boolean().default(false),
});
export type EntryFilter = z.output<typeof entryFilter>;

export const listEntriesInput = entryFilter.extend({
  /** Entries older than this one. */
  before: z.uuid().optional(),
  limit: z.int().min(1).max(200).default(50),
});
export type ListEntriesInput = z.output<typeof listEntriesInput>;
export const entryList = z.object({
  rows: z.array(auditEntry),
  next: z.uuid().nullable(),
  /** A search for words stops here and goes on from `next`. */
  searchedBackTo: z.string().nullable(),
});
export type EntryList = z.output<typeof entryList>;

const facetValues = z.array(z.object({ value: z.string(), label: z.string(), count: z.int().optional() }));
export const entryFacets = z.object({
  type: facetValues,
  system: facetValues,
  outcome: facetValues,
  actor: facetValues,
  tenant: facetValues,
  channel: facetValues,
  /** The newest entries that the counts cover. */
  counted: z.int(),
});
export type EntryFacets = z.output<typeof entryFacets>;

/** A uid, a position in the tree, or a reference. */
export const entryRef = z.strictObject({ id: z.string().trim().min(1).max(200) });

const change = z.object({ field: z.string(), from: z.unknown().optional(), to: z.unknown().optional() });
export const whyNode = z.object({
  uid: z.uuid(),
  type: z.string(),
  sentence: z.string(),
  at: z.string(),
  actor: z.string(),
  outcome: z.enum(outcomes),
  index: z.int().nullable(),
});
export const whyEdge = z.object({
  from: z.uuid(),
  to: z.uuid(),
  /** `caused`: the entry names its cause. `followed`: the next step of the same case. */
  kind: z.enum(['caused', 'followed']),
});
export const whyGraph = z.object({
  nodes: z.array(whyNode),
  edges: z.array(whyEdge),
  /** More belongs to it than is shown. */
  cut: z.boolean(),
});
export type WhyNode = z.output<typeof whyNode>;
export type WhyEdge = z.output<typeof whyEdge>;
export type WhyGraph = z.output<typeof whyGraph>;

export const proofDocument = z.object({
  uid: z.uuid(),
  /** The canonical text whose bytes were hashed; null where it holds what looks like a secret. */
  body: z.string().nullable(),
  leaf: z.string(),
  index: z.int().nullable(),
  path: z.array(z.string()),
  checkpoint: z.string().nullable(),
  keys: z.array(z.string()),
  witnessKeys: z.array(z.string()).optional(),
  witnessesRequired: z.int().optional(),
});

export const explainedEntry = auditEntry.extend({
  procedure: z.string().nullable(),
  trace: z.string().nullable(),
  state: z.enum(['promised', 'sealed']),
  justification: z.object({
    summary: z.string(),
    lines: z.array(z.object({ label: z.string(), value: z.string() })),
  }),
  changes: z.array(change),
  why: whyGraph,
  proof: proofDocument,
});
export type ExplainedEntry = z.output<typeof explainedEntry>;

export const ledgerHead = z.object({
  origin: z.string(),
  size: z.int(),
  /** Signed note of the newest checkpoint; null before the first one. */
  checkpoint: z.string().nullable(),
  at: z.string().nullable(),
  promised: z.int(),
  oldestPromisedAt: z.string().nullable(),
  keys: z.array(z.string()),
  /** How many of the witnesses have to cosign. */
  witnessesRequired: z.int(),
  witnesses: z.array(
    z.object({
      name: z.string(),
      keys: z.array(z.string()),
      size: z.int().nullable(),
      state: z.string(),
      at: z.string().nullable(),
    }),
  ),
});
export type LedgerHead = z.output<typeof ledgerHead>;

export const consistencyInput = z.strictObject({
  from: z.int().min(1),
  to: z.int().min(1),
});
export const consistencyOutput = z.object({
  from: z.int(),
  to: z.int(),
  path: z.array(z.string()),
});

export const noteInput = z.strictObject({
  text: z.string().trim().min(3, 'Say it in a few words.').max(500),
  /** The entry it is about: uid, number or reference. */
  entry: z.string().trim().min(1).max(200).optional(),
  reference: z
    .string()
    .regex(/^[\w.:-]{1,100}$/, 'Letters, digits, dot, colon, hyphen and underscore.')
    .optional(),
  tenantId: z.string().max(63).optional(),
});
export type NoteInput = z.output<typeof noteInput>;
