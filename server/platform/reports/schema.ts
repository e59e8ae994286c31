import { z } from 'zod';
import { phases } from '#kernel/env/define.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';

export const outcomes = ['verified', 'failed', 'not_built'] as const;

export const exchange = z.object({
  method: z.string(),
  url: z.string(),
  /** What was sent, as JSON. */
  sent: z.string().nullable(),
  expected: z.array(z.int()),
  status: z.int().nullable(),
  /** Why there is no status. */
  error: z.string().nullable(),
  answer: z.string(),
  millis: z.number(),
  passed: z.boolean(),
});
export type Exchange = z.output<typeof exchange>;

export const serviceResult = z.object({
  id: z.string(),
  system: z.string(),
  title: z.string(),
  port: z.int(),
  outcome: z.enum(outcomes),
  passed: z.int(),
  failed: z.int(),
});
export type ServiceResult = z.output<typeof serviceResult>;

export const signature = z.strictObject({
  payloadType: z.string(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.string() })),
});

const facts = z.object({
  phase: z.enum(phases),
  version: z.string(),
  commit: z.string().nullable(),
  generated_at: z.string(),
  simulation_mode: z.boolean(),
  recommended_tag: z.string(),
  precheck: z.object({ decision: z.string(), gaps: z.array(z.string()), at: z.string() }),
  services: z.array(serviceResult),
  matrix: z.record(z.string(), z.object({ result: z.string(), reasons: z.array(z.string()) })),
  ledger_checkpoint: z.string().nullable(),
});
export type SnapshotFacts = z.output<typeof facts>;

const content = facts.extend({
  reports: z.array(z.object({ file: z.string(), sha256: z.string(), bytes: z.int() })),
});
export type SnapshotContent = z.output<typeof content>;

/** What is signed, and its signature. */
export const snapshot = content.extend({ signature: signature.optional() });
export type Snapshot = z.output<typeof snapshot>;

export const phaseInput = z.strictObject({ phase: z.enum(phases) });
export const runRow = z.object({
  id: z.uuid(),
  phase: z.enum(phases),
  at: z.string(),
  passed: z.int(),
  failed: z.int(),
  notBuilt: z.int(),
});
export type RunRow = z.output<typeof runRow>;
export const listRunsInput = listInput(['at', 'phase'], { phase: facet(phases) });
export type ListRunsInput = z.output<typeof listRunsInput>;
export const listRunsOutput = listOutput(runRow);
export const runRef = z.strictObject({ id: z.uuid() });
export const runDetail = runRow.extend({ snapshot });

export const fileRow = z.object({ name: z.string(), bytes: z.int(), modifiedAt: z.string() });
export const fileList = z.object({ rows: z.array(fileRow) });
export const fileRef = z.strictObject({ name: z.string().min(1).max(200) });
export const fileText = z.object({ name: z.string(), text: z.string(), cut: z.boolean() });

export const finding = z.object({ file: z.string(), problem: z.string() });
export type Finding = z.output<typeof finding>;
export const verification = z.object({
  snapshots: z.array(
    z.object({ file: z.string(), phase: z.string(), files: z.int(), keys: z.array(z.string()) }),
  ),
  findings: z.array(finding),
});
export type Verification = z.output<typeof verification>;

export const benchRow = z.object({
  name: z.string(),
  ours: z.number().nullable(),
  limit: z.number().nullable(),
  unit: z.string(),
  ratio: z.number().nullable(),
  aim: z.string(),
});
export const bench = z.object({ at: z.string(), rows: z.array(benchRow) }).nullable();
