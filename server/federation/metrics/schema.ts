import { z } from 'zod';

/** Prometheus refuses longer ranges too. */
export const mostPoints = 11_000;

const query = z.string().trim().min(1, 'Write a query.').max(10_000);
const regions = z.array(z.string().min(1).max(63)).max(100).optional();
const instant = z.number().finite();

export const instantInput = z.strictObject({
  query,
  /** Unix seconds; now where it is absent. */
  time: instant.optional(),
  /** Seconds a region may take, at most what the console allows. */
  timeout: z.number().positive().max(120).optional(),
  regions,
});
export type InstantInput = z.output<typeof instantInput>;

export const rangeInput = z
  .strictObject({
    query,
    start: instant,
    end: instant,
    step: z.number().positive('A step is longer than nothing.'),
    timeout: z.number().positive().max(120).optional(),
    regions,
  })
  .refine(r => r.end >= r.start, { path: ['end'], message: 'The end lies before the start.' })
  .refine(r => (r.end - r.start) / r.step < mostPoints, {
    path: ['step'],
    message: `More than ${mostPoints} points in a series: take a longer step.`,
  });
export type RangeInput = z.output<typeof rangeInput>;

const matches = z.array(z.string().min(1).max(10_000)).max(50);
export const seriesInput = z.strictObject({
  match: matches.min(1, 'Say which series: match[].'),
  start: instant.optional(),
  end: instant.optional(),
  regions,
});
export const labelsInput = z.strictObject({
  match: matches.default([]),
  start: instant.optional(),
  end: instant.optional(),
  regions,
});
export const labelValuesInput = z.strictObject({
  label: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'Not a label name.'),
  match: matches.default([]),
  start: instant.optional(),
  end: instant.optional(),
  regions,
});
export const federateInput = z.strictObject({ match: matches.min(1, 'Say which series: match[].'), regions });

export const regionStates = ['answered', 'late', 'unreachable', 'refused'] as const;
export const regionAnswer = z.object({
  region: z.string(),
  simulated: z.boolean(),
  state: z.enum(regionStates),
  /** Why it is a gap; null where it answered. */
  reason: z.string().nullable(),
  tookMs: z.number(),
  series: z.int(),
  /** When its newest sample was taken, in Unix seconds; null where it did not say. */
  newest: z.number().nullable(),
});
export type RegionAnswer = z.output<typeof regionAnswer>;

const asked = {
  /** Gaps and staleness, by name; as Prometheus's API has them. */
  warnings: z.array(z.string()),
  infos: z.array(z.string()),
  regions: z.array(regionAnswer),
};

const labelSet = z.record(z.string(), z.string());
const sample = z.tuple([z.number(), z.string()]);
export const seriesResult = z.object({
  metric: labelSet,
  value: sample.optional(),
  values: z.array(sample).optional(),
  histogram: z.unknown().optional(),
  histograms: z.array(z.unknown()).optional(),
});
export type SeriesResult = z.output<typeof seriesResult>;

export const queryOutput = z.object({
  resultType: z.enum(['vector', 'matrix']),
  result: z.array(seriesResult),
  ...asked,
});
export type QueryAnswer = z.output<typeof queryOutput>;
export const seriesOutput = z.object({ data: z.array(labelSet), ...asked });
export const valuesOutput = z.object({ data: z.array(z.string()), ...asked });
export const federateOutput = z.object({ text: z.string(), ...asked });

export const sourcesOutput = z.object({
  deadlineMs: z.int(),
  rows: z.array(
    z.object({
      region: z.string(),
      simulated: z.boolean(),
      state: z.enum(regionStates),
      reason: z.string().nullable(),
      tookMs: z.number(),
      newest: z.number().nullable(),
    }),
  ),
});
export type Sources = z.output<typeof sourcesOutput>;
