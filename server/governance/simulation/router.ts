import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import { faultRef, faultRow, faultsOutput, injectInput, libraryOutput } from './schema/faults.ts';
import {
  gameDayDetail,
  gameDayInput,
  gameDayReport,
  gameDayRow,
  listGameDaysInput,
  listGameDaysOutput,
  scheduleInput,
  scheduleRow,
  schedulesOutput,
} from './schema/game-days.ts';
import { samplesSchema, scorecard } from './schema/judgement.ts';
import { gatesInput, gatesOutput, replayInput } from './schema/replay.ts';
import { sandboxInput } from './schema/sandbox.ts';
import {
  listRunsInput,
  listRunsOutput,
  runDetail,
  runRef,
  runRow,
  sandboxRun,
  startCanaryInput,
} from './schema.ts';
import { startCanary, stopCanary } from './service/canaries.ts';
import { healFault, injectFault, listFaults, readLibrary } from './service/faults.ts';
import {
  listGameDays,
  readGameDay,
  readGameDayReport,
  startGameDay,
  stopGameDay,
} from './service/game-days.ts';
import { listGates, startReplay } from './service/replays.ts';
import { listRuns, readRun, runSandbox } from './service/runs.ts';
import { listSchedules, scheduleGameDay, unscheduleGameDay } from './service/schedules.ts';
import { judgeCanary } from './service.ts';

const nothing = z.strictObject({});

export const simulationsRouter = router({
  library: read({ permission: 'simulation:read' })
    .meta({ openapi: { method: 'GET', path: '/scenarios', summary: 'Every fault of the library' } })
    .input(nothing)
    .output(libraryOutput)
    .query(({ ctx }) => readLibrary(ctx)),
  faults: read({ permission: 'simulation:read' })
    .meta({
      openapi: { method: 'GET', path: '/faults', summary: 'Faults under way, and those of the last day' },
    })
    .input(nothing)
    .output(faultsOutput)
    .query(({ ctx }) => listFaults(ctx)),
  injectFault: command({ permission: 'fault:inject', audit: 'fault.injected' })
    .meta({
      openapi: { method: 'POST', path: '/faults', summary: 'Inject a fault into the simulated world' },
    })
    .input(injectInput)
    .output(faultRow)
    .mutation(({ ctx, input }) => injectFault(ctx, input)),
  healFault: command({ permission: 'fault:inject', audit: 'fault.healed' })
    .meta({
      openapi: { method: 'POST', path: '/faults/{id}/heal', summary: 'Heal a fault', success: 200 },
    })
    .input(faultRef)
    .output(faultRow)
    .mutation(({ ctx, input }) => healFault(ctx, input.id)),
  runs: read({ permission: 'simulation:read' })
    .meta({ openapi: { method: 'GET', path: '/simulations', summary: 'List simulations' } })
    .input(listRunsInput)
    .output(listRunsOutput)
    .query(({ ctx, input }) => listRuns(ctx, input)),
  run: read({ permission: 'simulation:read' })
    .meta({
      openapi: { method: 'GET', path: '/simulations/{id}', summary: 'One simulation with its scorecard' },
    })
    .input(runRef)
    .output(runDetail)
    .query(({ ctx, input }) => readRun(ctx, input.id)),
  sandbox: command({ permission: 'simulation:run', audit: 'simulation.ran' })
    .meta({ openapi: { method: 'POST', path: '/simulate', summary: 'Try a plan on a copy of the world' } })
    .input(sandboxInput)
    .output(sandboxRun)
    .mutation(({ ctx, input }) => runSandbox(ctx, input)),
  judge: read({ permission: 'simulation:read' })
    .input(z.strictObject({ samples: samplesSchema }))
    .output(scorecard)
    .query(({ input }) => judgeCanary(input.samples)),
  startCanary: command({ permission: 'simulation:run', audit: 'canary.started' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/canaries',
        summary: 'Run a version on a share of the replicas and judge it',
        success: 202,
      },
    })
    .input(startCanaryInput)
    .output(runRow)
    .mutation(({ ctx, input }) => startCanary(ctx, input)),
  stopCanary: command({ permission: 'simulation:run', audit: 'canary.stopped' })
    .meta({
      openapi: { method: 'POST', path: '/canaries/{id}/stop', summary: 'Take a canary back', success: 200 },
    })
    .input(runRef)
    .output(runRow)
    .mutation(({ ctx, input }) => stopCanary(ctx, input.id)),
  replay: command({ permission: 'simulation:run', audit: 'replay.requested' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/replays',
        summary: 'Replay history under a draft of an autonomy policy',
        success: 202,
      },
    })
    .input(replayInput)
    .output(runRow)
    .mutation(({ ctx, input }) => startReplay(ctx, input)),
  gates: read({ permission: 'simulation:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/autonomy-gates',
        summary: 'What replays allow each tenant and action without a person',
      },
    })
    .input(gatesInput)
    .output(gatesOutput)
    .query(({ ctx, input }) => listGates(ctx, input.tenantId)),
  gameDays: read({ permission: 'simulation:read' })
    .meta({ openapi: { method: 'GET', path: '/game-days', summary: 'List game days' } })
    .input(listGameDaysInput)
    .output(listGameDaysOutput)
    .query(({ ctx, input }) => listGameDays(ctx, input)),
  gameDay: read({ permission: 'simulation:read' })
    .meta({ openapi: { method: 'GET', path: '/game-days/{id}', summary: 'One game day with its checks' } })
    .input(runRef)
    .output(gameDayDetail)
    .query(({ ctx, input }) => readGameDay(ctx, input.id)),
  gameDayReport: read({ permission: 'simulation:read' })
    .meta({
      openapi: { method: 'GET', path: '/game-days/{id}/report', summary: 'The signed report of a game day' },
    })
    .input(runRef)
    .output(gameDayReport)
    .query(({ ctx, input }) => readGameDayReport(ctx, input.id)),
  startGameDay: command({ permission: 'fault:inject', audit: ['gameday.started', 'gameday.finished'] })
    .meta({ openapi: { method: 'POST', path: '/game-days', summary: 'Start a game day' } })
    .input(gameDayInput)
    .output(gameDayRow)
    .mutation(({ ctx, input }) => startGameDay(ctx, input)),
  stopGameDay: command({ permission: 'fault:inject', audit: 'gameday.stopped' })
    .meta({
      openapi: { method: 'POST', path: '/game-days/{id}/stop', summary: 'End a live game day', success: 200 },
    })
    .input(runRef)
    .output(gameDayRow)
    .mutation(({ ctx, input }) => stopGameDay(ctx, input.id)),
  schedules: read({ permission: 'simulation:read' })
    .meta({ openapi: { method: 'GET', path: '/game-day-schedules', summary: 'List weekly game days' } })
    .input(nothing)
    .output(schedulesOutput)
    .query(({ ctx }) => listSchedules(ctx)),
  schedule: command({ permission: 'fault:inject', audit: 'gameday.scheduled' })
    .meta({
      openapi: { method: 'POST', path: '/game-day-schedules', summary: 'Hold a game day every week' },
    })
    .input(scheduleInput)
    .output(scheduleRow)
    .mutation(({ ctx, input }) => scheduleGameDay(ctx, input)),
  unschedule: command({ permission: 'fault:inject', audit: 'gameday.unscheduled' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/game-day-schedules/{id}/end',
        summary: 'End a weekly game day',
        success: 200,
      },
    })
    .input(runRef)
    .output(runRef)
    .mutation(({ ctx, input }) => unscheduleGameDay(ctx, input.id)),
});
