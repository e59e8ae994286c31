import { z } from 'zod';

const region = z.string().min(1, 'Choose a region.').max(63);
const tenant = z.string().min(1).max(63);
export const movePlanInput = z.strictObject({ tenant, to: region });
export const moveInput = movePlanInput.extend({
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
  dryRun: z.boolean().default(false),
});
export type MoveInput = z.output<typeof moveInput>;
export const movesInput = z.strictObject({ tenant });

export const moveSteps = ['check', 'settle', 'switch', 'confirm', 'reverse'] as const;
export type MoveStepName = (typeof moveSteps)[number];

const held = z.object({
  table: z.string(),
  /** Null: not known. */
  home: z.int().nullable(),
  there: z.int().nullable(),
});
export const moveStream = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  state: z.string(),
  health: z.string(),
  lagSeconds: z.number().nullable(),
  lagBytes: z.number().nullable(),
  tables: z.array(z.string()),
  withheld: z.array(z.string()),
  /** Tables that were not found equal within a day. */
  unproven: z.array(z.string()),
});
export type MoveStream = z.output<typeof moveStream>;
export const obstacle = z.object({ what: z.string(), mend: z.string(), href: z.string().nullable() });
export type Obstacle = z.output<typeof obstacle>;

export const movePlan = z.object({
  tenant: z.string(),
  from: z.string(),
  to: z.string(),
  version: z.int(),
  production: z.boolean(),
  simulated: z.boolean(),
  /** `record`: no rows of it are seen; `writer`: they are written there already; `mirror`: a mirror there has them all. */
  way: z.enum(['record', 'writer', 'mirror']),
  steps: z.array(z.object({ name: z.enum(moveSteps), title: z.string() })),
  rows: z.array(held),
  /** Why there may be rows that are not listed; absent in plans of before it was said. */
  unseen: z.array(z.string()).default([]),
  /** Who holds the right to write; null: nobody gave it out. */
  writes: z.object({ home: z.boolean().nullable(), there: z.boolean().nullable() }),
  streams: z.array(moveStream),
  dataClasses: z.array(z.string()),
  consents: z.array(z.string()),
  refused: z.array(z.string()),
  /** What is still to be copied once the last step begins. */
  copy: z.object({ rows: z.int().nullable(), bytes: z.number().nullable(), said: z.string() }),
  /** What a move does not take along. */
  stays: z.array(z.string()),
  obstacles: z.array(obstacle),
  possible: z.boolean(),
});
export type MovePlan = z.output<typeof movePlan>;

export const moveStep = z.object({
  name: z.enum(moveSteps),
  title: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'skipped', 'failed']),
  said: z.string().nullable(),
});
export type MoveStep = z.output<typeof moveStep>;
export const tenantMove = z.object({
  id: z.string(),
  tenantId: z.string(),
  from: z.string(),
  to: z.string(),
  dry: z.boolean(),
  state: z.enum(['running', 'done', 'failed']),
  reason: z.string(),
  by: z.string(),
  plan: movePlan,
  steps: z.array(moveStep),
  message: z.string().nullable(),
  simulated: z.boolean(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
});
export type TenantMove = z.output<typeof tenantMove>;
export const movesOutput = z.object({ moves: z.array(tenantMove) });
