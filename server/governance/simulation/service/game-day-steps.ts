import { log } from '#kernel/log/log.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { runControls } from '#server/platform/alerts/service.ts';
import { appendWorldCommand, loadWorld } from '#server/world/state.ts';
import { simulationEvent } from '../events.ts';
import { lastDue, noticed, recoveryMinutes, signalAt, touchedElsewhere } from '../rules/game-day.ts';
import type { GameDayRecord } from '../schema/game-days.ts';
import {
  moveGameDay,
  type StoredGameDayDetail,
  selectDueGameDays,
  selectSchedules,
} from '../store/game-days.ts';
import { sealGameDay, writeGameDay } from './game-day-report.ts';
import { policiesOf, scenarioNamed, startGameDay } from './game-days.ts';
import { countVerdict } from './metrics.ts';

const minute = 60_000;

class MovedMeanwhile extends Error {}

/** Heals what has lasted long enough, and reports on what had its time to recover. Each step happens once. */
export async function moveGameDays(ctx: CommandContext): Promise<number> {
  let moved = 0;
  for (const day of await selectDueGameDays(ctx.db, ctx.clock.now()))
    try {
      await (day.state === 'broken' ? heal(ctx, day) : finish(ctx, day));
      moved += 1;
    } catch (error) {
      if (!(error instanceof MovedMeanwhile)) throw error;
    }
  return moved;
}

async function heal(ctx: CommandContext, day: StoredGameDayDetail): Promise<void> {
  const now = ctx.clock.now();
  const t = now.getTime();
  const scenario = scenarioNamed(day.scenario);
  const target = { kind: day.targetKind, id: day.targetId };
  const world = await loadWorld(ctx.db, now);
  const { faultId } = day.record;
  const from = Date.parse(day.startedAt);
  const fault = world.faultsBetween(from, t + 1).find(f => f.id === faultId);
  // It may have been mended by an action: then it is measured at its last moment.
  const last = Math.min(t, (fault?.to ?? t) - 1);
  const record: GameDayRecord = {
    ...day.record,
    during: {
      at: new Date(last).toISOString(),
      signal: signalAt(world, scenario, target, last),
      policies: await policiesOf(ctx),
    },
    noticed: noticed(world, scenario, target, from, last + 1),
    elsewhere: touchedElsewhere(world, faultId, target, last),
    mendedEarlier: last < t,
    healedAt: new Date(Math.min(t, fault?.to ?? t)).toISOString(),
  };
  const dueAt = new Date(t + recoveryMinutes * minute);
  await ctx.commit(
    simulationEvent(
      'fault.healed',
      { kind: 'fault', id: faultId },
      { fault: day.scenario, target: day.targetId, game_day: day.id },
    ),
    async tx => {
      if (!(await moveGameDay(tx, day.id, 'broken', { state: 'recovering', record, dueAt })))
        throw new MovedMeanwhile();
      if (!record.mendedEarlier)
        await appendWorldCommand(tx, { kind: 'fault.heal', id: faultId }, now, `heal:${faultId}`);
    },
  );
}

async function finish(ctx: CommandContext, day: StoredGameDayDetail): Promise<void> {
  const scenario = scenarioNamed(day.scenario);
  const target = { kind: day.targetKind, id: day.targetId };
  // Checked anew, not remembered: the report says how things stand after it.
  await runControls(ctx);
  const now = ctx.clock.now();
  const world = await loadWorld(ctx.db, now);
  const record: GameDayRecord = {
    ...day.record,
    after: {
      at: now.toISOString(),
      signal: signalAt(world, scenario, target, now.getTime()),
      policies: await policiesOf(ctx),
    },
  };
  const sealed = await sealGameDay(ctx, day, scenario, record);
  const { verdict } = sealed;
  await ctx.commit(
    simulationEvent(
      'gameday.finished',
      { kind: 'game_day', id: day.id },
      { scenario: day.scenario, target: day.targetId, mode: day.mode, verdict },
    ),
    async tx => {
      const change = { state: 'done' as const, record, dueAt: null, verdict, finishedAt: now, sealed };
      if (!(await moveGameDay(tx, day.id, 'recovering', change))) throw new MovedMeanwhile();
    },
  );
  writeGameDay(sealed);
  countVerdict('game_day', verdict);
}

/** How late a weekly game day may start; one that was missed for longer waits for the next week. */
const lateBy = 60 * minute;

export async function startScheduled(ctx: CommandContext): Promise<number> {
  const now = ctx.clock.now();
  let started = 0;
  for (const schedule of await selectSchedules(ctx.db)) {
    const due = lastDue(schedule, now);
    const known = schedule.lastDue ?? schedule.createdAt;
    if (due <= new Date(known) || now.getTime() - due.getTime() > lateBy) continue;
    const { scenario, targetKind, targetId, intensity, minutes } = schedule;
    const input = {
      scenario,
      target: { kind: targetKind, id: targetId },
      intensity,
      minutes,
      mode: 'live' as const,
    };
    try {
      await startGameDay(ctx, input, { id: schedule.id, due });
      started += 1;
    } catch (error) {
      log().warn({ event: 'gameday.not_started', schedule: schedule.id, scenario, error });
    }
  }
  return started;
}
