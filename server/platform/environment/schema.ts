import { z } from 'zod';
import { phases } from '#kernel/env/define.ts';

export { phases } from './schema/terms.ts';

export const decisions = ['PROCEED', 'PROCEED_SIMULATION', 'BLOCK'] as const;
export const phaseInput = z.strictObject({ phase: z.enum(phases) });

export const dependency = z.object({
  variable: z.string(),
  /** REACHABLE, UP, OK, SET, MISSING or ERROR:<short reason>. */
  state: z.string(),
  critical: z.boolean(),
  /** The group it belongs to; one good member of it is enough. */
  oneOf: z.string().optional(),
});
export type Dependency = z.output<typeof dependency>;

export const precheck = z.object({
  phase: z.enum(phases),
  decision: z.enum(decisions),
  simulation: z.boolean(),
  /** Policies that cannot be proved, and why. */
  blocked: z.array(z.object({ policy: z.string(), reason: z.string() })),
  gaps: z.array(z.string()),
  /** What the phase may go on without in simulation, but never in production. */
  productionBlockers: z.array(z.string()).default([]),
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
  oneOf: z.string().nullable(),
  secret: z.boolean(),
  set: z.boolean(),
});
export const gatewayRow = z.object({
  name: z.string(),
  title: z.string(),
  phases: z.array(z.string()),
  state: z.enum(['real', 'simulated']),
  reason: z.string(),
  connect: z.array(z.array(z.string())),
  built: z.boolean(),
});
export type GatewayRow = z.output<typeof gatewayRow>;

export const environmentList = z.object({
  gateways: z.array(gatewayRow),
  variables: z.array(variableRow),
  simulation: z.boolean(),
  production: z.boolean(),
});
export const latest = z.object({ results: z.array(precheck) });
