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
  strategy: z.enum(['latency', 'cost', 'weighted']).describe('By what the candidates are ordered.'),
  weights: z
    .record(name, z.number().min(0).max(1000))
    .optional()
    .describe('Relative shares for "weighted"; a region that is not named gets nothing.'),
  deniedRegions: few(name).default([]).describe('Regions that are never chosen.'),
  maxLatencyMs: z.int().min(1).max(60_000).optional().describe('Candidates slower than this are left out.'),
});

const residency = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        dataClasses: few(dataClass)
          .min(1)
          .optional()
          .describe('The classes of data it is about. Left out: every class.'),
        allowedRegions: few(name).optional().describe('If given, no other region is.'),
        allowedCountries: few(country).optional().describe('If given, a region must lie in one of them.'),
        deniedRegions: few(name).optional().describe('Wins over what is allowed.'),
      }),
    )
    .min(1, 'A residency policy without a rule says nothing.')
    .max(50),
});

const rateLimit = z.strictObject({
  limits: z
    .array(
      z.strictObject({
        purpose: pattern
          .optional()
          .describe(
            'What it limits, for example "tenants.*"; the first that fits counts. Left out: everything.',
          ),
        perMinute: z.int().min(0).max(10_000_000).describe('How often a tenant may; 0 = never.'),
        burst: z
          .int()
          .min(0)
          .max(10_000_000)
          .optional()
          .describe('How many at once. Left out: a minute’s worth.'),
      }),
    )
    .min(1)
    .max(50),
});

const retention = z.strictObject({
  defaultDays: z.int().min(1).max(3650).describe('For every class without a rule of its own.'),
  rules: z
    .array(z.strictObject({ dataClass, days: z.int().min(1).max(3650) }))
    .max(50)
    .default([])
    .describe('How long a class of data is kept, in days.'),
});

export const autonomyModes = ['auto', 'approve', 'deny'] as const;
const autonomy = z.strictObject({
  tiers: z
    .strictObject({
      low: z.enum(autonomyModes),
      medium: z.enum(autonomyModes),
      high: z.enum(autonomyModes),
      critical: z.enum(autonomyModes),
    })
    .describe('What may happen without a person, per tier of risk.'),
  actions: z
    .record(
      name,
      z.strictObject({
        mode: z.enum(autonomyModes).optional().describe('Stricter than its tier, never less strict.'),
        maxFactor: z
          .number()
          .min(1)
          .max(100)
          .optional()
          .describe('For scaling: a larger step needs an approver.'),
      }),
    )
    .default({})
    .describe('Single actions, by name.'),
  globalThreshold: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('An action that touches a larger share of all targets needs a second approver.'),
  dryRunIn: few(z.enum(['production', 'staging', 'simulation']))
    .default(['production'])
    .describe('Where every action is previewed first.'),
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
  granted: few(z.enum(purposes)).default([]).describe('Purposes that data may be used for.'),
  denied: few(z.enum(purposes))
    .default([])
    .describe('Wins over a grant; no tenant can consent to it either.'),
});

const access = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        effect: z.enum(['allow', 'deny']).describe('A rule that denies wins.'),
        roles: few(pattern)
          .min(1)
          .describe('Whom it is about. Rules that name "tenant" decide what tenants’ tokens may call.'),
        actions: few(pattern).min(1).describe('Procedures, for example "tenants.update" or "policies.*".'),
        resources: few(pattern).min(1).describe('What it is done to, for example "tenants" or "*".'),
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
