import type { Readable } from 'node:stream';
import { z } from 'zod';

const hex = z.string().regex(/^[0-9a-f]{64}$/);
/** A path within a snapshot: never out of it. */
const file = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,120}$/);

const tableCopy = z.strictObject({
  name: z.string().regex(/^[a-z_][a-z0-9_]*$/),
  columns: z.array(z.string()).min(1),
  file,
  sha256: hex,
  bytes: z.int().min(0),
  rows: z.int().min(0),
  /** Sum over a hash of every row: the order of rows does not matter. */
  content: z.string(),
  rls: z.strictObject({ enabled: z.boolean(), forced: z.boolean(), policies: z.int() }),
  /** For partitions made while the console ran: what makes them again. */
  partition: z.strictObject({ of: z.string(), bound: z.string(), grants: z.array(z.string()) }).optional(),
});
export type TableCopy = z.output<typeof tableCopy>;

export const snapshotId = z.string().regex(/^[0-9a-z][0-9a-z-]{7,60}$/);

export const manifest = z.strictObject({
  format: z.literal('atom-snapshot/1'),
  id: snapshotId,
  takenAt: z.iso.datetime(),
  console: z.strictObject({ version: z.string(), publicUrl: z.string() }),
  postgres: z.string(),
  migrations: z.array(z.string()).min(1),
  tables: z.array(tableCopy).min(1),
  sequences: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  ledger: z.strictObject({ size: z.int(), checkpoint: z.string().nullable() }),
  newestAt: z.iso.datetime().nullable(),
});
export type Manifest = z.output<typeof manifest>;
export const manifestPredicate = 'urn:atom:snapshot:v1';
export const drillPredicate = 'urn:atom:restore-drill:v1';

export const snapshotStates = ['waiting', 'taking', 'complete', 'failed', 'forgotten'] as const;
export const snapshotRow = z.object({
  id: z.string(),
  origin: z.enum(['schedule', 'demand']),
  state: z.enum(snapshotStates),
  store: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  bytes: z.int().nullable(),
  tables: z.int().nullable(),
  rows: z.int().nullable(),
  manifestHash: z.string().nullable(),
  ledgerSize: z.int().nullable(),
  newestAt: z.string().nullable(),
  /** When it was last restored with every check passed; null = unproven. */
  provenAt: z.string().nullable(),
  error: z.string().nullable(),
});
export type SnapshotRow = z.output<typeof snapshotRow>;

export const check = z.object({
  name: z.string(),
  passed: z.boolean(),
  found: z.string(),
});
export type Check = z.output<typeof check>;
export const drillRow = z.object({
  id: z.string(),
  snapshotId: z.string(),
  origin: z.enum(['schedule', 'demand']),
  startedAt: z.string(),
  durationMs: z.int(),
  passed: z.boolean(),
  checks: z.array(check),
});
export type DrillRow = z.output<typeof drillRow>;
export const drillDetail = drillRow.extend({ report: z.json() });

export const objectiveRow = z.object({
  tier: z.string(),
  rpoSeconds: z.int(),
  rtoSeconds: z.int(),
  provenHours: z.int(),
});
export type Objective = z.output<typeof objectiveRow>;
const verdict = z.object({ met: z.boolean(), said: z.string() });
export const statusOutput = z.object({
  at: z.string(),
  store: z.string(),
  newest: snapshotRow.nullable(),
  proven: z.object({ snapshotId: z.string(), at: z.string(), durationMs: z.int() }).nullable(),
  objectives: z.array(objectiveRow.extend({ rpo: verdict, rto: verdict, proof: verdict })),
});
export type RecoveryStatus = z.output<typeof statusOutput>;

export const snapshotRef = z.strictObject({ id: snapshotId });
export const drillRef = z.strictObject({ id: z.string().max(60) });
export const started = z.object({ status: z.literal('waiting'), id: z.string() });
export const objectiveInput = z.strictObject({
  tier: z.enum(['free', 'standard', 'premium', 'critical']),
  rpoSeconds: z
    .int()
    .min(60)
    .max(30 * 86_400),
  rtoSeconds: z.int().min(10).max(86_400),
  provenHours: z
    .int()
    .min(1)
    .max(24 * 90),
  reason: z.string().trim().min(3).max(500),
});

/** Where snapshots are kept. A snapshot is a folder of flat files; one is only ever written whole. */
export interface SnapshotStore {
  /** In words, with the address: shown on the page. */
  readonly name: string;
  readonly simulated: false;
  /** Takes a finished local file. */
  put(snapshot: string, file: string, from: string): Promise<void>;
  /** Null = there is no such file. */
  get(snapshot: string, file: string): Promise<Readable | null>;
  remove(snapshot: string, files: readonly string[]): Promise<void>;
}
