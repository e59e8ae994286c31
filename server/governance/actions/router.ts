import { z } from 'zod';
import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import { approvalPolicies } from './policy.ts';
import {
  accepted,
  actOnInput,
  assessInput,
  assessmentSchema,
  decideInput,
  executeInput,
  executionDetail,
  executionRef,
  freezeInput,
  freezeRef,
  freezeRow,
  guardRow,
  guardsOutput,
  killInput,
  listExecutionsInput,
  listExecutionsOutput,
  secretRef,
  secretTaken,
  setLimitsInput,
  targetsInput,
  targetsOutput,
} from './schema.ts';
import { assessPlan } from './service/assess.ts';
import { decideCanary, rollbackExecution, runExecution, stopExecution } from './service/commands.ts';
import { execute } from './service/execute.ts';
import { endFreeze, planFreeze, setKilled, setLimits } from './service/guards.ts';
import { listExecutions, listTargets, readExecution, readGuards } from './service/read.ts';
import { takeSecret } from './service/secrets.ts';

const risk = Object.values(approvalPolicies);
const shown = z.union([executionDetail, approvalRequired]);

export const actionsRouter = router({
  execute: command({
    permission: 'action:execute',
    audit: ['execution.requested', 'execution.refused', 'approval.requested'],
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/execute',
        summary: 'Run an action plan, or one action',
        success: 202,
      },
    })
    .input(executeInput)
    .output(accepted)
    .mutation(({ ctx, input }) => execute(ctx, input)),
  status: read({ permission: 'action:read' })
    .meta({ openapi: { method: 'GET', path: '/status/{exec_id}', summary: 'Read one execution' } })
    .input(executionRef)
    .output(executionDetail)
    .query(({ ctx, input }) => readExecution(ctx, input.exec_id)),
  list: read({ permission: 'action:read' })
    .meta({ openapi: { method: 'GET', path: '/executions', summary: 'List executions' } })
    .input(listExecutionsInput)
    .output(listExecutionsOutput)
    .query(({ ctx, input }) => listExecutions(ctx, input)),
  assess: read({ permission: 'action:read' })
    .input(assessInput)
    .output(assessmentSchema)
    .query(({ ctx, input }) => assessPlan(ctx, input.plan)),
  targets: read({ permission: 'action:read' })
    .meta({ openapi: { method: 'GET', path: '/targets', summary: 'What can be acted on' } })
    .input(targetsInput)
    .output(targetsOutput)
    .query(({ ctx, input }) => listTargets(ctx, input.tenant_id)),
  run: command({
    permission: 'action:execute',
    audit: ['execution.authorised', 'execution.refused', 'approval.requested'],
    risk,
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/executions/{exec_id}/run',
        summary: 'Ask for the approval of an execution that waits for one',
        success: 200,
      },
    })
    .input(executionRef)
    .output(shown)
    .mutation(async ({ ctx, input }) => {
      const done = await runExecution(ctx, input);
      return 'status' in done ? done : readExecution({ ...ctx, db: ctx.ownWrites() }, done.id);
    }),
  stop: command({ permission: 'action:stop', audit: 'execution.stopped' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/executions/{exec_id}/stop',
        summary: 'Stop an execution and take back what it did',
        success: 200,
      },
    })
    .input(actOnInput)
    .output(executionDetail)
    .mutation(async ({ ctx, input }) => {
      const { id } = await stopExecution(ctx, input);
      return readExecution({ ...ctx, db: ctx.ownWrites() }, id);
    }),
  rollback: command({
    permission: 'action:execute',
    audit: ['execution.rollback_asked', 'approval.requested'],
    risk,
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/executions/{exec_id}/rollback',
        summary: 'Take back an execution that succeeded',
        success: 200,
      },
    })
    .input(actOnInput)
    .output(shown)
    .mutation(async ({ ctx, input }) => {
      const done = await rollbackExecution(ctx, input);
      return 'status' in done ? done : readExecution({ ...ctx, db: ctx.ownWrites() }, done.id);
    }),
  decide: command({ permission: 'action:stop', audit: 'execution.decided' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/executions/{exec_id}/decide',
        summary:
          'Decide how an execution goes on whose canary showed neither, or that was halted between two steps',
        success: 200,
      },
    })
    .input(decideInput)
    .output(executionDetail)
    .mutation(async ({ ctx, input }) => {
      const { id } = await decideCanary(ctx, input);
      return readExecution({ ...ctx, db: ctx.ownWrites() }, id);
    }),
  takeSecret: command({
    permission: 'action:guard',
    audit: 'execution.secret_taken',
    stepUp: { maxAgeMinutes: 5 },
  })
    .input(secretRef)
    .output(secretTaken)
    .mutation(({ ctx, input }) => takeSecret(ctx, input)),
  guards: read({ permission: 'action:read' })
    .meta({
      openapi: { method: 'GET', path: '/guards', summary: 'Kill switches, limits, freezes and locks' },
    })
    .input(z.strictObject({}).optional())
    .output(guardsOutput)
    .query(({ ctx }) => readGuards(ctx)),
  kill: command({ permission: 'action:stop', audit: 'guard.killed' })
    .meta({
      openapi: { method: 'POST', path: '/guards/kill', summary: 'Engage the kill switch', success: 200 },
    })
    .input(killInput)
    .output(guardRow)
    .mutation(({ ctx, input }) => setKilled(ctx, input, true)),
  release: command({ permission: 'action:guard', audit: 'guard.released', stepUp: { maxAgeMinutes: 10 } })
    .meta({
      openapi: { method: 'POST', path: '/guards/release', summary: 'Release the kill switch', success: 200 },
    })
    .input(killInput)
    .output(guardRow)
    .mutation(({ ctx, input }) => setKilled(ctx, input, false)),
  limit: command({ permission: 'action:guard', audit: 'guard.limited', stepUp: { maxAgeMinutes: 10 } })
    .input(setLimitsInput)
    .output(guardRow)
    .mutation(({ ctx, input }) => setLimits(ctx, input)),
  freeze: command({ permission: 'action:stop', audit: 'freeze.planned' })
    .meta({ openapi: { method: 'POST', path: '/freezes', summary: 'Freeze changes for a time' } })
    .input(freezeInput)
    .output(freezeRow)
    .mutation(({ ctx, input }) => planFreeze(ctx, input)),
  endFreeze: command({ permission: 'action:guard', audit: 'freeze.ended' })
    .meta({
      openapi: { method: 'POST', path: '/freezes/{id}/end', summary: 'End a freeze early', success: 200 },
    })
    .input(freezeRef)
    .output(z.object({ id: z.string() }))
    .mutation(({ ctx, input }) => endFreeze(ctx, input)),
});
