import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { loadWorld } from '#server/world/state.ts';
import { noSuchRun } from '../errors.ts';
import { simulationEvent } from '../events.ts';
import { lastDue } from '../rules/game-day.ts';
import type { ScheduleInput, ScheduleRow } from '../schema/game-days.ts';
import {
  endSchedule,
  findSchedule,
  insertSchedule,
  type StoredSchedule,
  selectSchedules,
} from '../store/game-days.ts';
import { requireTarget } from './faults.ts';
import { scenarioNamed } from './game-days.ts';
import { whoOf } from './runs.ts';

const week = 7 * 86_400_000;

const rowOf = (s: Omit<StoredSchedule, 'createdAt'>, now: Date): ScheduleRow => {
  const { targetKind, targetId, ...row } = s;
  return {
    ...row,
    title: scenarioNamed(s.scenario).title,
    target: { kind: targetKind, id: targetId },
    nextDue: new Date(lastDue(s, now).getTime() + week).toISOString(),
  };
};

export async function listSchedules(ctx: ReadContext) {
  const now = ctx.clock.now();
  return { rows: (await selectSchedules(ctx.db)).map(({ createdAt: _at, ...s }) => rowOf(s, now)) };
}

export async function scheduleGameDay(ctx: CommandContext, input: ScheduleInput): Promise<ScheduleRow> {
  const now = ctx.clock.now();
  const scenario = scenarioNamed(input.scenario);
  const target = input.target ?? scenario.target;
  requireTarget(await loadWorld(ctx.db, now), scenario.id, target);
  const { weekday, hour, minute } = input;
  const schedule = {
    id: uuidv7(now.getTime()),
    scenario: scenario.id,
    targetKind: target.kind,
    targetId: target.id,
    intensity: scenario.intensity,
    minutes: input.minutes ?? scenario.minutes,
    weekday,
    hour,
    minute,
    createdBy: whoOf(ctx),
  };
  await ctx.commit(
    simulationEvent(
      'gameday.scheduled',
      { kind: 'schedule', id: schedule.id },
      { scenario: scenario.id, target: target.id, weekday, hour, minute },
    ),
    tx => insertSchedule(tx, schedule, now),
  );
  return rowOf({ ...schedule, lastDue: null }, now);
}

export async function unscheduleGameDay(ctx: CommandContext, id: string): Promise<{ id: string }> {
  const found = await findSchedule(ctx.db, id);
  if (!found) throw noSuchRun(id);
  await ctx.commit(
    simulationEvent(
      'gameday.unscheduled',
      { kind: 'schedule', id },
      { scenario: found.scenario, target: found.targetId },
    ),
    tx => endSchedule(tx, id),
  );
  return { id };
}
