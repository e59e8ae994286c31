import { z } from 'zod';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { faultKinds, faultTarget } from '#server/world/schema.ts';
import { verdicts } from './judgement.ts';
import { id, instant } from './words.ts';

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
