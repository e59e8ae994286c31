import { z } from 'zod';

export const phases = ['G.1', 'G.3', 'G.5', 'H.4', 'I.1'] as const;
export const decisions = ['PROCEED', 'PROCEED_SIMULATION', 'BLOCK'] as const;
export const phaseInput = z.strictObject({ phase: z.enum(phases) });

export const dependency = z.object({
  variable: z.string(),
  /** REACHABLE, UP, OK, SET, MISSING or ERROR:<short reason>. */
  state: z.string(),
  critical: z.boolean(),
});
export type Dependency = z.output<typeof dependency>;

export const precheck = z.object({
  phase: z.enum(phases),
  decision: z.enum(decisions),
  simulation: z.boolean(),
  /** Policies that cannot be proved, and why. */
  blocked: z.array(z.object({ policy: z.string(), reason: z.string() })),
  gaps: z.array(z.string()),
  dependencies: z.array(dependency),
  at: z.string(),
});
export type Precheck = z.output<typeof precheck>;

export const variableRow = z.object({
  name: z.string(),
  purpose: z.string(),
  without: z.string(),
  phases: z.array(z.string()),
  critical: z.array(z.string()),
  secret: z.boolean(),
  set: z.boolean(),
});
export const environmentList = z.object({
  variables: z.array(variableRow),
  simulation: z.boolean(),
  production: z.boolean(),
  embeddedPostgres: z.boolean(),
});
export const latest = z.object({ results: z.array(precheck) });
