import { z } from 'zod';
import { ipAddress } from './schema/address.ts';

const region = z.string().min(1, 'Choose a region.').max(63);
const why = z.string().trim().min(3, 'Say why, in a few words.').max(500);

export const routeInput = z.strictObject({
  tenant: z.string().min(1).max(63),
  /** IPv4 or IPv6; where it is follows from the table of address blocks. */
  clientIp: ipAddress.optional(),
  location: z
    .strictObject({ lat: z.number().min(-90).max(90), lon: z.number().min(-180).max(180) })
    .optional(),
  /** Narrower than the tenant's own residency; never wider. */
  residency: z
    .strictObject({
      regions: z.array(region).max(100).optional(),
      countries: z
        .array(z.string().regex(/^[A-Z]{2}$/))
        .max(250)
        .optional(),
    })
    .optional(),
});
export type RouteInput = z.output<typeof routeInput>;

/** `refuses`: its own database takes no commit of a service now. */
export const writeRight = z.enum(['writes', 'refuses', 'unknown']);
export type WriteRight = z.output<typeof writeRight>;
export const routedRegion = z.object({
  region: z.string(),
  kept: z.boolean(),
  rank: z.int().nullable(),
  latencyMs: z.number().nullable(),
  /** The busier of processors and memory, 0 to 1; null = it does not say. */
  load: z.number().nullable(),
  /** How many times as dear as the cheapest region; null = no bill says. */
  price: z.number().nullable(),
  home: z.boolean(),
  /** Null: no stream gives it a role. */
  right: writeRight.nullable(),
  reasons: z.array(z.string()),
  simulated: z.boolean(),
});
export type RoutedRegion = z.output<typeof routedRegion>;
export const routeOutput = z.object({
  tenant: z.string(),
  /** Null: no region may be used; `refusal` says why. */
  region: z.string().nullable(),
  refusal: z.string().nullable(),
  /** Set: the region may not be written, and why; null = nothing is known against it. */
  readOnly: z.string().nullable(),
  /** By what the kept ones are ordered. */
  by: z.string(),
  /** Where the caller was taken to be, and how that was known. */
  from: z.object({ lat: z.number(), lon: z.number(), source: z.string() }).nullable(),
  regions: z.array(routedRegion),
});
export type RouteOutput = z.output<typeof routeOutput>;

export const readinessRow = z.object({
  id: z.string(),
  title: z.string(),
  /** Only `ready` is ready: what is not known, or not connected, is not. */
  result: z.enum(['ready', 'not-ready', 'unknown', 'not-connected', 'note']),
  found: z.string(),
  /** What would make it ready; null where it is, or where nothing has to be done. */
  mend: z.string().nullable(),
  href: z.string().nullable(),
});
export type ReadinessRow = z.output<typeof readinessRow>;
export const readiness = z.object({
  from: z.string(),
  to: z.string(),
  ready: z.boolean(),
  /** The worst row: what fails, then what nobody knows, then what nothing is connected for. Only `ready` is ready. */
  state: z.enum(['ready', 'not-connected', 'unknown', 'not-ready']),
  /** The one sentence. */
  verdict: z.string(),
  rows: z.array(readinessRow),
  /** Tenants whose rows would be written where they may not lie: while there is one, nothing is failed over. */
  refused: z.array(z.object({ tenant: z.string(), reason: z.string() })),
  lagBytes: z.number().nullable(),
  lagSeconds: z.number().nullable(),
  simulated: z.boolean(),
  at: z.string(),
});
export type Readiness = z.output<typeof readiness>;

export const stepNames = ['fence', 'drain', 'detach', 'sequences', 'promote', 'probe', 'reverse'] as const;
export type StepName = (typeof stepNames)[number];
export const failoverStep = z.object({
  name: z.enum(stepNames),
  title: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'skipped', 'failed']),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  said: z.string().nullable(),
});
export type FailoverStep = z.output<typeof failoverStep>;

export const failoverPlan = z.object({
  from: z.string(),
  to: z.string(),
  epoch: z.int(),
  steps: z.array(z.object({ name: z.enum(stepNames), title: z.string(), seconds: z.number() })),
  readiness,
  predicted: z.object({
    rpoBytes: z.number().nullable(),
    rpoSeconds: z.number().nullable(),
    rtoSeconds: z.number(),
    /** Until the observers agree; null while the region answers, since nothing has to be noticed then. */
    detectSeconds: z.number().nullable(),
    /** Why nothing better can be said. */
    basis: z.string(),
  }),
  /** It is emptied first, and nothing is switched unless that comes to an end; false: what had not arrived is lost. */
  answers: z.boolean(),
  streams: z.array(z.string()),
  tenants: z.array(z.string()),
  /** Columns that stay in the old region: nobody has them while it is away. */
  withheld: z.array(z.string()),
  /** On the way back: what was entered away from home into such columns goes home first; null = it cannot be asked. */
  homewards: z.array(z.object({ table: z.string(), column: z.string(), rows: z.int() })).nullable(),
  breaker: z.string().nullable(),
  simulated: z.boolean(),
});
export type FailoverPlan = z.output<typeof failoverPlan>;
export const planInput = z.strictObject({ from: region, to: region });

export const runStates = ['running', 'done', 'failed'] as const;
export const failoverRun = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  dry: z.boolean(),
  automatic: z.boolean(),
  state: z.enum(runStates),
  epoch: z.int(),
  reason: z.string(),
  by: z.string(),
  steps: z.array(failoverStep),
  ready: z.boolean(),
  notReady: z.array(z.string()),
  predictedRpoSeconds: z.number().nullable(),
  predictedRtoSeconds: z.number(),
  predictedDetectSeconds: z.number().nullable(),
  rpoBytes: z.number().nullable(),
  rpoSeconds: z.number().nullable(),
  /** From the last answer of the old primary to the first write in the new one. */
  rtoSeconds: z.number().nullable(),
  /** From the last answer of the old primary until the observers agreed. */
  detectSeconds: z.number().nullable(),
  /** From the start of this run to the first write. */
  switchSeconds: z.number().nullable(),
  message: z.string().nullable(),
  simulated: z.boolean(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  /** How to go back; made with the run, usable once the old primary is there again. */
  failback: z.object({ from: z.string(), to: z.string() }),
});
export type FailoverRun = z.output<typeof failoverRun>;

export const executeInput = z.strictObject({
  from: region,
  to: region,
  reason: why,
  dryRun: z.boolean().default(false),
  /** Goes on although the verdict is "not ready": whoever approves sees what is missing. */
  despiteNotReady: z.boolean().default(false),
});
export type ExecuteInput = z.output<typeof executeInput>;

export const failoverSettings = z.object({
  automatic: z.boolean(),
  holdDownMinutes: z.int(),
  maxPerHour: z.int(),
  quorum: z.int(),
  updatedAt: z.string().nullable(),
});
export type FailoverSettings = z.output<typeof failoverSettings>;
/** Above this no limit for an hour can be set. */
export const mostPerHour = 60;
export const settingsInput = z.strictObject({
  automatic: z.boolean().optional(),
  holdDownMinutes: z.int().min(0).max(1440).optional(),
  maxPerHour: z.int().min(1).max(mostPerHour).optional(),
  quorum: z.int().min(2).max(7).optional(),
});
export type SettingsInput = z.output<typeof settingsInput>;

export const observation = z.object({
  observer: z.string(),
  region: z.string(),
  up: z.boolean().nullable(),
  at: z.string(),
  /** Since when it has said so without a break. */
  since: z.string(),
  said: z.string(),
});
export type Observation = z.output<typeof observation>;
/** As it is shown: old ones do not count. */
export const shownObservation = observation.extend({
  name: z.string(),
  ageSeconds: z.number(),
  counts: z.boolean(),
});
export const observeInput = z.strictObject({
  region,
  observer: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  up: z.boolean(),
  said: z.string().trim().max(200).default(''),
});

/** What a region itself says of the right to write. */
export const found = z.object({
  at: z.string(),
  answers: z.boolean(),
  /** Commits of an earlier epoch are refused there. */
  fence: z.int(),
  /** Under which it was last given the right; null = never. */
  leaseEpoch: z.int().nullable(),
  /** It accepts writes at this moment. */
  holds: z.boolean(),
  renewedAt: z.string().nullable(),
  /** When the console last saw a write of its own committed there. */
  writtenAt: z.string().nullable(),
  lsn: z.string().nullable(),
  /** Subscriptions there that are switched on. */
  follows: z.array(z.string()),
});
export type Found = z.output<typeof found>;
export const decideInput = z.strictObject({ region, reason: why });
export type DecideInput = z.output<typeof decideInput>;

export const regionWrites = z.object({
  region: z.string(),
  writes: z.boolean(),
  fencing: z.boolean(),
  epoch: z.int(),
  since: z.string(),
  simulated: z.boolean(),
  /** An embedded server that can be paused to practise. */
  practice: z.boolean(),
  down: z.boolean().nullable(),
  downFor: z.number().nullable(),
  /** Others say that it is down, and the console reaches it; null = nobody speaks against it. */
  disputed: z.string().nullable(),
  /** A failover is under way among the regions that streams join with it. */
  busy: z.boolean(),
  /** Set: who writes there is not known, and nobody gets a lease until it is. */
  unknown: z
    .object({
      since: z.string(),
      found: found.nullable(),
      /** What speaks against the role that the console holds it to have; null = nothing. */
      against: z.string().nullable(),
    })
    .nullable(),
  observations: z.array(shownObservation),
});
export type RegionWrites = z.output<typeof regionWrites>;

export const failoverStatus = z.object({
  at: z.string(),
  settings: failoverSettings,
  regions: z.array(regionWrites),
  matrix: z.array(readiness),
  running: z.array(failoverRun),
  breaker: z.string().nullable(),
});
export type FailoverStatus = z.output<typeof failoverStatus>;
export const practiceInput = z.strictObject({ region, paused: z.boolean(), reason: why });
export const runRef = z.strictObject({ id: z.uuid() });
