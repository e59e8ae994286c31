import { z } from 'zod';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { scorecard, verdicts } from './schema/judgement.ts';
import { replayResult } from './schema/replay.ts';
import { sandboxResult } from './schema/sandbox.ts';
import { id, instant, service } from './schema/words.ts';

export const runRef = z.strictObject({ id });

export const runKinds = ['sandbox', 'canary', 'replay'] as const;
export const runStates = ['running', 'done', 'stopped'] as const;
export const runRow = z.object({
  id,
  kind: z.enum(runKinds),
  tenantId: z.string().nullable(),
  title: z.string(),
  state: z.enum(runStates),
  verdict: z.enum(verdicts).nullable(),
  score: z.number().nullable(),
  requestedBy: z.string(),
  createdAt: instant,
  endsAt: instant.nullable(),
  finishedAt: instant.nullable(),
});
export type RunRow = z.output<typeof runRow>;
export const listRunsInput = listInput(['createdAt'], {
  kind: facet(runKinds),
  state: facet(runStates),
  verdict: facet(verdicts),
});
export type ListRunsInput = z.output<typeof listRunsInput>;
export const listRunsOutput = listOutput(runRow);

export const startCanaryInput = z.strictObject({
  service,
  version: z
    .string()
    .trim()
    .min(1, 'Name the version.')
    .max(80)
    .regex(/^[a-z0-9][a-z0-9._+-]*$/i, 'Letters, digits and . _ + - only.'),
  share: z.number().min(0.05).max(0.5).default(0.2),
  minutes: z.int().min(6).max(120).default(10),
});
export type StartCanaryInput = z.output<typeof startCanaryInput>;
export const canaryResult = z.object({
  scorecard: scorecard.nullable(),
  /** `null` while it runs. */
  promoted: z.boolean().nullable(),
  extended: z.boolean(),
});
export type CanaryResult = z.output<typeof canaryResult>;

export const sandboxRun = runRow.extend({ result: sandboxResult });
export const runDetail = runRow.extend({
  input: z.unknown(),
  sandbox: sandboxResult.nullable(),
  canary: canaryResult.nullable(),
  replay: replayResult.nullable(),
  simulated: z.literal(true),
});
export type RunDetail = z.output<typeof runDetail>;
