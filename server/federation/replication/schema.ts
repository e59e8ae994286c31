import { z } from 'zod';
import { regionDatabases } from '#kernel/regions/database-kinds.ts';
import { misplaced } from '#server/federation/tenants/schema.ts';

const slug = z
  .string()
  .min(1, 'Give the stream a name.')
  .max(40, 'At most 40 characters.')
  .regex(
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    'Use a–z, 0–9 and hyphens, beginning and ending with a letter or digit.',
  );
const region = z.string().min(1, 'Choose a region.').max(63);
const tenant = z.string().min(1).max(63);
const columnName = z.string().min(1).max(63);
export const tableName = z
  .string()
  .max(127)
  .regex(/^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/, 'Name a table with its schema, for example app.orders.');

export const streamRef = z.strictObject({ id: slug });

export const streamInput = z
  .strictObject({
    id: slug,
    publisher: region,
    subscriber: region,
    tables: z
      .array(
        z.strictObject({
          table: tableName,
          /** Left out: every column that holds no personal data, the shadow columns among them. */
          columns: z.array(columnName).min(1).max(200).optional(),
        }),
      )
      .min(1, 'Choose at least one table.')
      .max(100)
      .refine(list => new Set(list.map(t => t.table)).size === list.length, 'A table is named twice.'),
    /** Only rows of these leave the publisher. */
    tenants: z
      .array(tenant)
      .min(1, 'Choose at least one tenant.')
      .max(500)
      .refine(list => new Set(list).size === list.length, 'A tenant is named twice.'),
    /** Personal columns leave as they are. Needs each tenant's consent to replication. */
    raw: z.boolean().default(false),
    /** How much write-ahead log the publisher may keep for this stream before it alarms. */
    walBudgetMb: z.int().min(1).max(1_000_000).default(256),
  })
  .refine(s => s.publisher !== s.subscriber, {
    path: ['subscriber'],
    message: 'Publisher and subscriber are the same region.',
  });
export type StreamInput = z.output<typeof streamInput>;

export const checkSides = ['console', 'publisher', 'subscriber'] as const;
export const check = z.object({
  id: z.string(),
  side: z.enum(checkSides),
  table: z.string().nullable(),
  title: z.string(),
  /** `warn` does not keep a stream from being made; `unknown` does. */
  result: z.enum(['pass', 'fail', 'warn', 'unknown']),
  found: z.string(),
  /** Exactly what mends it, to be run on that side. */
  mend: z.string().nullable(),
  /** The server has to be started anew for it. */
  restart: z.boolean(),
});
export type Check = z.output<typeof check>;
export const preflightOutput = z.object({ ok: z.boolean(), simulated: z.boolean(), checks: z.array(check) });
export type Preflight = z.output<typeof preflightOutput>;

export const streamStates = ['creating', 'active', 'paused', 'detached', 'failed', 'retired'] as const;
export const healths = ['streaming', 'syncing', 'lagging', 'stalled', 'broken', 'paused', 'unknown'] as const;
export type Health = (typeof healths)[number];

/** As pg_subscription_rel says it: i = begins, d = copies, f = copied, s = caught up, r = ready. */
export const tableSync = z.object({ table: z.string(), state: z.string(), rows: z.int().nullable() });

export const look = z.object({
  at: z.string(),
  health: z.enum(healths),
  why: z.string(),
  lagBytes: z.number().nullable(),
  lagSeconds: z.number().nullable(),
  retainedBytes: z.number().nullable(),
  slotActive: z.boolean().nullable(),
  walStatus: z.string().nullable(),
  applyErrors: z.int().nullable(),
  syncErrors: z.int().nullable(),
  heardAt: z.string().nullable(),
  publisherLsn: z.string().nullable(),
  receivedLsn: z.string().nullable(),
  tables: z.array(tableSync),
  overBudget: z.boolean(),
});
export type Look = z.output<typeof look>;

export const streamTable = z.object({
  table: z.string(),
  columns: z.array(z.string()),
  /** Columns of the publisher's table that stay at home. */
  withheld: z.array(z.string()),
});
export type StreamTable = z.output<typeof streamTable>;

/** Paused by the console: data may not flow there. By `rules` until a person resumes it, by a `region` until that is readmitted. */
export const held = z.object({ by: z.enum(['rules', 'region']), why: z.string(), at: z.string() });
export type Held = z.output<typeof held>;

export const streamRow = z.object({
  id: z.string(),
  publisher: z.string(),
  subscriber: z.string(),
  state: z.enum(streamStates),
  message: z.string().nullable(),
  held: held.nullable(),
  tables: z.array(streamTable),
  tenants: z.array(z.string()),
  raw: z.boolean(),
  walBudgetMb: z.int(),
  simulated: z.boolean(),
  /** A real server that came with the console, with demo data. */
  embedded: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
  look: look.nullable(),
});
export type StreamRow = z.output<typeof streamRow>;

export const sample = z.object({
  at: z.string(),
  lagBytes: z.number().nullable(),
  lagSeconds: z.number().nullable(),
  retainedBytes: z.number().nullable(),
});
export type Sample = z.output<typeof sample>;

export const keyRange = z.object({
  from: z.string(),
  to: z.string(),
  kind: z.enum(['changed', 'missing', 'extra']),
  rows: z.int(),
});
export type KeyRange = z.output<typeof keyRange>;

export const parityStates = ['running', 'equal', 'differs', 'failed'] as const;
export const parityRun = z.object({
  id: z.string(),
  streamId: z.string(),
  table: z.string(),
  state: z.enum(parityStates),
  rows: z.int(),
  chunks: z.int(),
  differing: z.int(),
  ranges: z.array(keyRange),
  message: z.string().nullable(),
  simulated: z.boolean(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
});
export type ParityRun = z.output<typeof parityRun>;

export const leak = z.object({
  table: z.string(),
  column: z.string(),
  kind: z.enum(['personal-column', 'raw-value', 'e-mail', 'telephone', 'iban', 'card']),
  rows: z.int(),
  /** Keys of the first rows; never what stands in them. */
  keys: z.array(z.string()),
});
export type Leak = z.output<typeof leak>;
export const looked = z.object({
  table: z.string(),
  column: z.string(),
  /** So many values of this personal column were looked for in the mirror … */
  values: z.int(),
  /** … of so many that are long enough to name somebody. */
  of: z.int(),
});
export type Looked = z.output<typeof looked>;
/** Where a search for every value goes on. */
export interface ValueCursor {
  table: string;
  column: string;
  after: string | null;
}
export const leakScan = z.object({
  id: z.string(),
  streamId: z.string(),
  at: z.string(),
  rows: z.int(),
  leaks: z.array(leak),
  simulated: z.boolean(),
  state: z.enum(['running', 'done']),
  /** Every value was looked for, not a sample. */
  whole: z.boolean(),
  chunks: z.int(),
  /** Null in scans of before this was written down. */
  looked: z.array(looked).nullable(),
});
export type LeakScan = z.output<typeof leakScan>;

export const streamDetail = streamRow.extend({
  samples: z.array(sample),
  parity: z.array(parityRun),
  leakScans: z.array(leakScan),
});
export type StreamDetail = z.output<typeof streamDetail>;

export const syncStatus = z.object({
  at: z.string(),
  simulated: z.boolean(),
  regions: z.array(
    z.object({
      region: z.string(),
      kind: z.enum(regionDatabases),
      reachable: z.boolean().nullable(),
    }),
  ),
  streams: z.array(streamRow),
});
export type SyncStatus = z.output<typeof syncStatus>;

export const retireInput = z.strictObject({
  id: slug,
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
export const resyncInput = z.strictObject({ id: slug, table: tableName });
export const verifyInput = z.strictObject({
  id: slug,
  tables: z.array(tableName).max(100).optional(),
  /** Rows a second that both sides are asked for at most. */
  rowsPerSecond: z.int().min(1_000).max(10_000_000).default(200_000),
  /** Also look for personal data in the mirror. */
  leaks: z.boolean().default(true),
  /** Look for every value of the personal columns, in chunks, instead of a sample. */
  whole: z.boolean().default(false),
});
export const verifyOutput = z.object({ runs: z.array(parityRun), leakScan: leakScan.nullable() });

export const mirror = z.object({
  streamId: z.string(),
  region: z.string(),
  from: z.string(),
  state: z.enum(streamStates),
  health: z.enum(healths),
  lagSeconds: z.number().nullable(),
  lagBytes: z.number().nullable(),
  held: held.nullable(),
  tables: z.array(streamTable),
  raw: z.boolean(),
  simulated: z.boolean(),
  /** The newest comparison of each table. */
  compared: z.array(z.object({ table: z.string(), state: z.enum(parityStates), at: z.string().nullable() })),
  parity: parityRun.nullable(),
  leakScan: leakScan.nullable(),
});
export type Mirror = z.output<typeof mirror>;
export const tenantRef = z.strictObject({ id: tenant });
export const tenantReplicas = z.object({
  tenant: z.string(),
  replicas: z.array(mirror),
  /** Where its rows lie or are written against its residency. */
  misplaced: z.array(misplaced),
});
export const tenantVerified = z.object({ tenant: z.string(), runs: z.array(parityRun) });
