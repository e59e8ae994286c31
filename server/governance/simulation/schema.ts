import { z } from 'zod';
import { actionPlanSchema } from '#kernel/actions/plan.ts';
import { documentSchemas } from '#kernel/policy/kinds.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { faultKinds, faultTarget, faultTargetKinds } from '#server/world/schema.ts';

/** Which way is worse. `context` is looked at and not judged. */
export const directions = ['increase', 'decrease', 'either', 'context'] as const;
const reading = z.number().nullable();
export const samplesSchema = z.record(
  z.string().min(1).max(60),
  z.strictObject({
    baseline: z.array(reading).max(20_000),
    canary: z.array(reading).max(20_000),
    direction: z.enum(directions).optional(),
    weight: z.number().min(0).max(100).optional(),
    /** Fails or leaves open the whole by itself. */
    critical: z.boolean().optional(),
  }),
);
export type Samples = z.output<typeof samplesSchema>;

export const verdicts = ['pass', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

const summary = z.object({ n: z.int(), median: z.number(), spread: z.number() }).nullable();
export const metricJudgement = z.object({
  name: z.string(),
  verdict: z.enum([...verdicts, 'context']),
  reason: z.string(),
  weight: z.number(),
  critical: z.boolean(),
  baseline: summary,
  canary: summary,
  tests: z.array(
    z.object({
      kind: z.enum(['shift', 'spread', 'zeros']),
      p: z.number(),
      /** After Holm's correction over all tests of the scorecard. */
      adjusted: z.number(),
      effect: z.number(),
      matters: z.boolean(),
    }),
  ),
});
export type MetricJudgement = z.output<typeof metricJudgement>;

export const scorecard = z.object({
  verdict: z.enum(verdicts),
  /** 0 to 100; null where no metric could be judged. */
  score: z.number().nullable(),
  reason: z.string(),
  metrics: z.array(metricJudgement),
});
export type Scorecard = z.output<typeof scorecard>;

export const sandboxInput = z.strictObject({
  plan: actionPlanSchema,
  minutes: z.int().min(5).max(240).default(15),
});
export type SandboxInput = z.output<typeof sandboxInput>;

/** 0 is calm, 100 as bad as it gets. */
export const dimensions = z.object({
  performance: z.number(),
  reliability: z.number(),
  cost: z.number(),
});
export type Dimensions = z.output<typeof dimensions>;

const measured = z.object({ mean: z.number(), p95: z.number() }).nullable();
export const sandboxResult = z.object({
  at: z.string(),
  minutes: z.int(),
  /** Per service and metric, with nothing done and with the plan carried out. */
  services: z.array(
    z.object({
      service: z.string(),
      metric: z.string(),
      unit: z.string(),
      before: measured,
      after: measured,
    }),
  ),
  before: dimensions,
  after: dimensions,
  costPerDay: z.object({ before: z.number(), after: z.number(), currency: z.literal('EUR') }),
  /** Faults that end with the plan and would not have without it. */
  ends: z.array(z.object({ id: z.string(), fault: z.string(), target: z.string() })),
  /** Steps that change nothing in the world, and why. */
  withoutEffect: z.array(z.object({ step: z.int(), reason: z.string() })),
  scorecard,
  simulated: z.literal(true),
});
export type SandboxResult = z.output<typeof sandboxResult>;

const id = z.uuid();
export const runRef = z.strictObject({ id });
const service = z.string().min(1).max(63);
const instant = z.string();

export const injectInput = z.strictObject({
  fault: z.enum(faultKinds),
  target: faultTarget,
  intensity: z.number().min(0.05).max(1).default(0.8),
  /** Heals by itself after so long; left out, it lasts until somebody heals it. */
  minutes: z.int().min(1).max(1440).optional(),
});
export type InjectInput = z.output<typeof injectInput>;
export const faultRef = z.strictObject({ id: z.string().min(1).max(80) });

export const faultRow = z.object({
  id: z.string(),
  fault: z.enum(faultKinds),
  title: z.string(),
  target: faultTarget,
  intensity: z.number(),
  from: instant,
  to: instant.nullable(),
  /** `seed`: an incident that belongs to the demo world. */
  origin: z.enum(['seed', 'command']),
});
export const scenarioRow = z.object({
  id: z.enum(faultKinds),
  title: z.string(),
  what: z.string(),
  gameDay: z.boolean(),
  target: faultTarget,
  /** What it may be aimed at. */
  targets: z.array(z.object({ kind: z.enum(faultTargetKinds), ids: z.array(z.string()) })),
  intensity: z.number(),
  minutes: z.int(),
  signal: z.string(),
});
export type ScenarioRow = z.output<typeof scenarioRow>;
export const faultsOutput = z.object({
  running: z.array(faultRow),
  ended: z.array(faultRow),
  simulated: z.literal(true),
});
export type FaultRow = z.output<typeof faultRow>;
export const libraryOutput = z.object({ scenarios: z.array(scenarioRow), simulated: z.literal(true) });

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

export const replayInput = z.strictObject({
  /** Left out: every tenant of the simulated world. */
  tenantId: z.string().min(1).max(63).optional(),
  days: z.int().min(1).max(35).default(14),
  /** A draft of an autonomy policy; nothing of it comes into force. */
  document: documentSchemas.autonomy,
});
export type ReplayInput = z.output<typeof replayInput>;

const counts = z.object({
  cases: z.int(),
  /** Would have run without a person. */
  acted: z.int(),
  asked: z.int(),
  denied: z.int(),
  /** Of what would have run: made worse, made better, changed nothing. */
  harmed: z.int(),
  saved: z.int(),
  falseActions: z.int(),
  harmRate: z.number().nullable(),
  harmUpper: z.number(),
  savedMinutes: z.number(),
  costEur: z.number(),
});
export type ReplayCounts = z.output<typeof counts>;
export const replayCase = z.object({
  at: instant,
  tenantId: z.string(),
  service: z.string(),
  sign: z.string(),
  action: z.string(),
  said: z.string(),
  tier: z.enum(['low', 'medium', 'high', 'critical']),
  decision: z.enum(['allow', 'approve', 'deny']),
  outcome: z.enum(['harm', 'save', 'false']),
  badMinutesBefore: z.number(),
  badMinutesAfter: z.number(),
  costEur: z.number(),
  /** The fault that really lay behind it, where there was one. */
  cause: z.string().nullable(),
});
export type ReplayCase = z.output<typeof replayCase>;
export const gateRow = z.object({
  tenantId: z.string(),
  action: z.string(),
  mode: z.enum(['auto', 'approve']),
  acted: z.int(),
  harmed: z.int(),
  saved: z.int(),
  falseActions: z.int(),
  harmUpper: z.number(),
  reason: z.string(),
  runId: id,
  at: instant,
});
export type GateRow = z.output<typeof gateRow>;
export const replayResult = z.object({
  from: instant,
  to: instant,
  total: counts,
  byAction: z.array(counts.extend({ action: z.string() })),
  /** The newest thousand. */
  cases: z.array(replayCase),
  gates: z.array(gateRow.omit({ runId: true, at: true })),
});
export type ReplayResult = z.output<typeof replayResult>;
export const gatesInput = z.strictObject({ tenantId: z.string().max(63).optional() });
export const gatesOutput = z.object({ rows: z.array(gateRow), simulated: z.literal(true) });

export const gameDayInput = z.strictObject({
  scenario: z.enum(faultKinds),
  target: faultTarget.optional(),
  intensity: z.number().min(0.05).max(1).optional(),
  minutes: z.int().min(2).max(240).optional(),
  /** `live`: in the world that everybody sees, for so many minutes. `rehearsal`: on a copy, at once. */
  mode: z.enum(['live', 'rehearsal']).default('rehearsal'),
});
export type GameDayInput = z.output<typeof gameDayInput>;

const look = z
  .object({ at: instant, signal: z.number(), policies: z.record(z.string(), z.string()) })
  .nullable();
export const gameDayRecord = z.object({
  faultId: z.string(),
  before: look,
  during: look,
  after: look,
  noticed: z.object({ event: z.string(), id: z.string(), seconds: z.number() }).nullable(),
  elsewhere: z.array(z.string()).nullable(),
  injectedAt: instant.nullable(),
  healedAt: instant.nullable(),
  /** Something or somebody ended it before its time. */
  mendedEarlier: z.boolean(),
});
export type GameDayRecord = z.output<typeof gameDayRecord>;
export const gameDayCheck = z.object({ name: z.string(), ok: z.boolean().nullable(), said: z.string() });
export type GameDayCheck = z.output<typeof gameDayCheck>;

export const gameDayStates = ['broken', 'recovering', 'done', 'stopped'] as const;
export const gameDayRow = z.object({
  id,
  scenario: z.enum(faultKinds),
  title: z.string(),
  target: faultTarget,
  intensity: z.number(),
  minutes: z.int(),
  mode: z.enum(['live', 'rehearsal']),
  state: z.enum(gameDayStates),
  verdict: z.enum(verdicts).nullable(),
  requestedBy: z.string(),
  scheduled: z.boolean(),
  startedAt: instant,
  dueAt: instant.nullable(),
  finishedAt: instant.nullable(),
});
export type GameDayRow = z.output<typeof gameDayRow>;
export const listGameDaysInput = listInput(['startedAt'], {
  scenario: z.array(z.enum(faultKinds)).max(faultKinds.length).optional(),
  state: facet(gameDayStates),
  verdict: facet(verdicts),
});
export type ListGameDaysInput = z.output<typeof listGameDaysInput>;
export const listGameDaysOutput = listOutput(gameDayRow);
export const gameDayDetail = gameDayRow.extend({
  record: gameDayRecord,
  checks: z.array(gameDayCheck),
  signal: z.object({ name: z.string(), unit: z.string() }),
  file: z.string().nullable(),
  signedBy: z.array(z.string()),
  simulated: z.literal(true),
});
export type GameDayDetail = z.output<typeof gameDayDetail>;
export const gameDayReport = z.object({
  name: z.string(),
  report: z.string(),
  /** DSSE over the exact bytes of the report; verified with `atom verify`. */
  envelope: z.unknown(),
});

export const scheduleInput = z.strictObject({
  scenario: z.enum(faultKinds),
  target: faultTarget.optional(),
  minutes: z.int().min(2).max(240).optional(),
  weekday: z.int().min(0).max(6),
  hour: z.int().min(0).max(23),
  minute: z.int().min(0).max(59).default(0),
});
export type ScheduleInput = z.output<typeof scheduleInput>;
export const scheduleRow = z.object({
  id,
  scenario: z.enum(faultKinds),
  title: z.string(),
  target: faultTarget,
  intensity: z.number(),
  minutes: z.int(),
  weekday: z.int(),
  hour: z.int(),
  minute: z.int(),
  nextDue: instant,
  lastDue: instant.nullable(),
  createdBy: z.string(),
});
export type ScheduleRow = z.output<typeof scheduleRow>;
export const schedulesOutput = z.object({ rows: z.array(scheduleRow) });

export const sandboxRun = runRow.extend({ result: sandboxResult });
export const runDetail = runRow.extend({
  input: z.unknown(),
  sandbox: sandboxResult.nullable(),
  canary: canaryResult.nullable(),
  replay: replayResult.nullable(),
  simulated: z.literal(true),
});
export type RunDetail = z.output<typeof runDetail>;
