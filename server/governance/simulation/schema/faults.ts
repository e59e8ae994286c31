import { z } from 'zod';
import { faultKinds, faultTarget, faultTargetKinds } from '#server/world/schema.ts';
import { instant } from './words.ts';

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
