import { z } from 'zod';

/** The structured kinds of policy. Each has a document schema here and an evaluator in `evaluate.ts`. */
export const policyKinds = [
  'routing',
  'residency',
  'rate-limit',
  'retention',
  'autonomy',
  'consent',
  'access',
] as const;
export type PolicyKind = (typeof policyKinds)[number];

/** A strict kind never has two current versions: it activates only when every member acknowledged or its lease ran out. */
export const strictKinds: readonly PolicyKind[] = ['residency', 'consent', 'access'];

const name = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?$/, 'Use a–z, 0–9, hyphen, dot and underscore.');
const pattern = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[a-z0-9_.:*/-]+$/i, 'Letters, digits, _ . : / - and * only.');
const country = z.string().regex(/^[A-Z]{2}$/, 'Two capital letters (ISO 3166-1), for example DE.');
const few = <T extends z.ZodType>(item: T) => z.array(item).max(200);

export const dataClasses = ['public', 'internal', 'personal', 'health', 'financial'] as const;
const dataClass = z.enum(dataClasses);

const routing = z.strictObject({
  strategy: z.enum(['latency', 'cost', 'weighted']),
  /** Relative shares for `weighted`; a region that is not named gets nothing. */
  weights: z.record(name, z.number().min(0).max(1000)).optional(),
  deniedRegions: few(name).default([]),
  maxLatencyMs: z.int().min(1).max(60_000).optional(),
});

const residency = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        /** Absent: every class. */
        dataClasses: few(dataClass).min(1).optional(),
        allowedRegions: few(name).optional(),
        allowedCountries: few(country).optional(),
        deniedRegions: few(name).optional(),
      }),
    )
    .min(1, 'A residency policy without a rule says nothing.')
    .max(50),
});

const rateLimit = z.strictObject({
  limits: z
    .array(
      z.strictObject({
        purpose: pattern.optional(),
        perMinute: z.int().min(0).max(10_000_000),
        burst: z.int().min(0).max(10_000_000).optional(),
      }),
    )
    .min(1)
    .max(50),
});

const retention = z.strictObject({
  defaultDays: z.int().min(1).max(3650),
  rules: z
    .array(z.strictObject({ dataClass, days: z.int().min(1).max(3650) }))
    .max(50)
    .default([]),
});

export const autonomyModes = ['auto', 'approve', 'deny'] as const;
const autonomy = z.strictObject({
  /** What may happen without a person, per tier of risk. */
  tiers: z.strictObject({
    low: z.enum(autonomyModes),
    medium: z.enum(autonomyModes),
    high: z.enum(autonomyModes),
    critical: z.enum(autonomyModes),
  }),
  actions: z
    .record(
      name,
      z.strictObject({
        mode: z.enum(autonomyModes).optional(),
        maxFactor: z.number().min(1).max(100).optional(),
      }),
    )
    .default({}),
  /** A global action above this share of targets needs a second approver. */
  globalThreshold: z.number().min(0).max(1).default(0),
  dryRunIn: few(z.enum(['production', 'staging', 'simulation'])).default(['production']),
});

export const purposes = [
  'replication',
  'analytics',
  'federated-learning',
  'sharing',
  'caching',
  'inference',
] as const;
const consent = z.strictObject({
  granted: few(z.enum(purposes)).default([]),
  /** Wins over a grant. */
  denied: few(z.enum(purposes)).default([]),
});

const access = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        effect: z.enum(['allow', 'deny']),
        roles: few(pattern).min(1),
        actions: few(pattern).min(1),
        resources: few(pattern).min(1),
      }),
    )
    .min(1)
    .max(200),
});

export const documentSchemas = {
  routing,
  residency,
  'rate-limit': rateLimit,
  retention,
  autonomy,
  consent,
  access,
} as const satisfies Record<PolicyKind, z.ZodType>;

export type PolicyDocument<K extends PolicyKind = PolicyKind> = z.output<(typeof documentSchemas)[K]>;

/** What a relay does with a policy while it cannot hear the hub. */
export const stalenessContract = z.union([
  z.literal('serve'),
  z.literal('deny'),
  z.strictObject({ failClosedAfterSeconds: z.int().min(1).max(86_400) }),
]);
export type StalenessContract = z.output<typeof stalenessContract>;

export const policyScope = z.strictObject({
  /** A tenant's own namespace; absent = every tenant. */
  tenant: z.string().min(1).max(63).optional(),
  /** Where it holds; empty = everywhere. */
  regions: few(name).default([]),
  /** Labels a relay must carry. */
  labels: z.record(name, z.string().max(63)).default({}),
});
export type PolicyScope = z.output<typeof policyScope>;

export const policyId = z
  .string()
  .min(1, 'Give the policy an id.')
  .max(120)
  .regex(
    /^[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?$/,
    'Use a–z, 0–9, hyphen, dot and underscore, beginning and ending with a letter or digit.',
  );

/** What is hashed and distributed: the RFC 8785 bytes of exactly this. */
export interface PolicyContent {
  id: string;
  kind: PolicyKind;
  scope: PolicyScope;
  document: PolicyDocument;
  staleness: StalenessContract;
  expires: string | null;
}

export const policyContent = z
  .strictObject({
    id: policyId,
    kind: z.enum(policyKinds),
    scope: policyScope,
    document: z.record(z.string(), z.unknown()),
    staleness: stalenessContract,
    expires: z.iso.datetime().nullable(),
  })
  .transform((content, ctx): PolicyContent => {
    const parsed = documentSchemas[content.kind].safeParse(content.document);
    if (parsed.success) return { ...content, document: parsed.data };
    for (const issue of parsed.error.issues)
      ctx.addIssue({ code: 'custom', message: issue.message, path: ['document', ...issue.path] });
    return z.NEVER;
  });
