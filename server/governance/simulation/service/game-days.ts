import type { Tx } from '#kernel/db/database.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { readMatrix } from '#server/platform/alerts/service.ts';
import type { FaultTarget } from '#server/world/schema.ts';
import { appendWorldCommand, loadWorld } from '#server/world/state.ts';
import { alreadyRunning, noSuchRun, notRunning } from '../errors.ts';
import { simulationEvent } from '../events.ts';
import { checksOf, rehearse, signalAt } from '../rules/game-day.ts';
import { quietTarget, type Scenario, scenarioOf } from '../rules/scenarios.ts';
import type {
  GameDayDetail,
  GameDayInput,
  GameDayRecord,
  GameDayRow,
  ListGameDaysInput,
} from '../schema/game-days.ts';
import {
  claimDue,
  countGameDays,
  findGameDay,
  findRunningGameDay,
  insertGameDay,
  moveGameDay,
  type NewGameDay,
  type StoredGameDay,
  selectGameDays,
} from '../store/game-days.ts';
import { requireFree, requireTarget, tenantOf } from './faults.ts';
import { reportFile, sealGameDay, writeGameDay } from './game-day-report.ts';
import { countVerdict } from './metrics.ts';
import { whoOf } from './runs.ts';

const minute = 60_000;

export const scenarioNamed = (id: string): Scenario => {
  const found = scenarioOf(id);
  if (!found) throw noSuchRun(id);
  return found;
};

export const rowOf = (day: StoredGameDay): GameDayRow => {
  const { targetKind, targetId, scheduleId, ...row } = day;
  return {
    ...row,
    title: scenarioNamed(day.scenario).title,
    target: { kind: targetKind, id: targetId },
    scheduled: scheduleId !== null,
  };
};

export const policiesOf = async (ctx: ReadContext): Promise<Record<string, string>> =>
  Object.fromEntries((await readMatrix(ctx)).policies.map(p => [p.policy, p.result]));

export async function listGameDays(ctx: ReadContext, input: ListGameDaysInput): Promise<Listed<GameDayRow>> {
  const [rows, total] = await Promise.all([
    selectGameDays(ctx.db, input),
    input.total ? countGameDays(ctx.db, input) : undefined,
  ]);
  return paged(rows.map(rowOf), input, total);
}

export async function readGameDay(ctx: ReadContext, id: string): Promise<GameDayDetail> {
  const found = await findGameDay(ctx.db, id);
  if (!found) throw noSuchRun(id);
  const { record, report, envelope, ...day } = found;
  const scenario = scenarioNamed(day.scenario);
  const { signatures = [] } = (envelope ?? {}) as { signatures?: { keyid: string }[] };
  return {
    ...rowOf(day),
    record,
    checks: checksOf(scenario, record),
    signal: { name: scenario.signal.name, unit: scenario.signal.unit },
    file: report === null ? null : reportFile(id),
    signedBy: signatures.map(s => s.keyid),
    simulated: true,
  };
}

export async function readGameDayReport(ctx: ReadContext, id: string) {
  const found = await findGameDay(ctx.db, id);
  if (!found?.report) throw noSuchRun(id);
  return { name: reportFile(id), report: found.report, envelope: found.envelope };
}

export async function startGameDay(
  ctx: CommandContext,
  input: GameDayInput,
  schedule: { id: string; due: Date } | null = null,
): Promise<GameDayRow> {
  const scenario = scenarioNamed(input.scenario);
  const now = ctx.clock.now();
  const world = await loadWorld(ctx.db, now);
  const target =
    input.target ??
    (input.mode === 'rehearsal' ? quietTarget(world, scenario, now.getTime()) : scenario.target);
  requireTarget(world, scenario.id, target);
  const chosen = {
    id: uuidv7(now.getTime()),
    scenario: scenario.id,
    targetKind: target.kind,
    targetId: target.id,
    intensity: input.intensity ?? scenario.intensity,
    minutes: input.minutes ?? scenario.minutes,
    mode: input.mode,
    scheduleId: schedule?.id ?? null,
    requestedBy: whoOf(ctx),
  };
  return input.mode === 'rehearsal'
    ? rehearseNow(ctx, scenario, chosen)
    : breakNow(ctx, scenario, chosen, tx =>
        schedule ? claimDue(tx, schedule.id, schedule.due) : Promise.resolve(true),
      );
}

type Chosen = Omit<NewGameDay, 'state' | 'verdict' | 'record' | 'dueAt'>;
const targetOfDay = (day: Chosen): FaultTarget => ({ kind: day.targetKind, id: day.targetId });

/** On a copy, at once: nobody else sees anything of it. */
async function rehearseNow(ctx: CommandContext, scenario: Scenario, chosen: Chosen): Promise<GameDayRow> {
  const now = ctx.clock.now();
  const world = await loadWorld(ctx.db, now);
  const record = rehearse(
    world,
    scenario,
    { ...chosen, target: targetOfDay(chosen) },
    now.getTime(),
    await policiesOf(ctx),
  );
  const sealed = await sealGameDay(ctx, chosen, scenario, record);
  const { verdict } = sealed;
  const day = { ...chosen, state: 'done' as const, verdict, dueAt: null };
  await ctx.commit(
    simulationEvent(
      'gameday.finished',
      { kind: 'game_day', id: chosen.id },
      { scenario: scenario.id, target: chosen.targetId, mode: 'rehearsal', verdict },
    ),
    tx => insertGameDay(tx, { ...day, record, sealed }, now),
  );
  writeGameDay(sealed);
  countVerdict('game_day', verdict);
  const at = now.toISOString();
  return rowOf({ ...day, startedAt: at, finishedAt: at });
}

/** In the world that everybody sees; a job heals it and writes the report. */
async function breakNow(
  ctx: CommandContext,
  scenario: Scenario,
  chosen: Chosen,
  claim: (tx: Tx) => Promise<boolean>,
): Promise<GameDayRow> {
  const now = ctx.clock.now();
  const t = now.getTime();
  const world = await loadWorld(ctx.db, now);
  const target = targetOfDay(chosen);
  requireFree(world, scenario.id, target, t);
  if (await findRunningGameDay(ctx.db, scenario.id, target.id))
    throw alreadyRunning(`This game day is already under way on ${target.id}.`);
  const { id, intensity, minutes } = chosen;
  const record: GameDayRecord = {
    faultId: id,
    before: {
      at: now.toISOString(),
      signal: signalAt(world, scenario, target, t),
      policies: await policiesOf(ctx),
    },
    during: null,
    after: null,
    noticed: null,
    elsewhere: null,
    injectedAt: now.toISOString(),
    healedAt: null,
    mendedEarlier: false,
  };
  const dueAt = new Date(t + minutes * minute);
  const day = { ...chosen, state: 'broken' as const, verdict: null };
  const tenantId = tenantOf(world, target);
  await ctx.commit(
    simulationEvent(
      'gameday.started',
      { kind: 'game_day', id },
      { scenario: scenario.id, target: target.id, intensity, minutes, mode: 'live' },
      tenantId === undefined ? {} : { tenantId },
    ),
    async tx => {
      if (!(await claim(tx))) throw alreadyRunning('Another process started this one.');
      const fault = { kind: 'fault.inject' as const, id, fault: scenario.id, target, intensity };
      await appendWorldCommand(tx, fault, now, `inject:${id}`);
      await insertGameDay(tx, { ...day, record, dueAt }, now);
    },
  );
  return rowOf({ ...day, startedAt: now.toISOString(), dueAt: dueAt.toISOString(), finishedAt: null });
}

/** Ends a live one before its time: healed, without a report. */
export async function stopGameDay(ctx: CommandContext, id: string): Promise<GameDayRow> {
  const found = await findGameDay(ctx.db, id);
  if (!found) throw noSuchRun(id);
  const { record, report: _report, envelope: _envelope, ...day } = found;
  if (day.state !== 'broken' && day.state !== 'recovering') throw notRunning(id);
  const now = ctx.clock.now();
  await ctx.commit(
    simulationEvent(
      'gameday.stopped',
      { kind: 'game_day', id },
      { scenario: day.scenario, target: day.targetId },
    ),
    async tx => {
      const change = { state: 'stopped' as const, record, dueAt: null, finishedAt: now };
      if (!(await moveGameDay(tx, id, day.state, change))) throw notRunning(id);
      await appendWorldCommand(tx, { kind: 'fault.heal', id: record.faultId }, now, `heal:${record.faultId}`);
    },
  );
  return rowOf({ ...day, state: 'stopped', dueAt: null, finishedAt: now.toISOString() });
}
