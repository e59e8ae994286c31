import { z } from 'zod';
import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import {
  decideInput,
  executeInput,
  failoverPlan,
  failoverRun,
  failoverSettings,
  failoverStatus,
  observeInput,
  planInput,
  practiceInput,
  readiness,
  routeInput,
  routeOutput,
  runRef,
  settingsInput,
} from './schema.ts';
import {
  changeSettings,
  decideRoles,
  executeFailover,
  observe,
  planFailover,
  practise,
  readFailover,
  readHistory,
  readReadiness,
  readRun,
  routeRequest,
} from './service.ts';

export const edgeRoutingRouter = router({
  route: read({ permission: 'route:read' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/route',
        summary: 'Ranked regions for a request, with reasons',
        success: 200,
      },
    })
    .input(routeInput)
    .output(routeOutput)
    .query(({ ctx, input }) => routeRequest(ctx, input)),
  status: read({ permission: 'failover:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/failover/status',
        summary: 'Who may write, who is seen, what is ready',
      },
    })
    .input(z.strictObject({}))
    .output(failoverStatus)
    .query(({ ctx }) => readFailover(ctx)),
  readiness: read({ permission: 'failover:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/failover/readiness',
        summary: 'Whether one region can take over from another now',
      },
    })
    .input(planInput)
    .output(readiness)
    .query(({ ctx, input }) => readReadiness(ctx, input.from, input.to)),
  plan: read({ permission: 'failover:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/failover/plan',
        summary: 'Steps, predicted loss and time of a failover',
      },
    })
    .input(planInput)
    .output(failoverPlan)
    .query(({ ctx, input }) => planFailover(ctx, input.from, input.to)),
  history: read({ permission: 'failover:read' })
    .meta({
      openapi: { method: 'GET', path: '/failover/runs', summary: 'Failovers with measured loss and time' },
    })
    .input(z.strictObject({}))
    .output(z.object({ runs: z.array(failoverRun) }))
    .query(({ ctx }) => readHistory(ctx)),
  get: read({ permission: 'failover:read' })
    .meta({ openapi: { method: 'GET', path: '/failover/runs/{id}', summary: 'One failover, step by step' } })
    .input(runRef)
    .output(failoverRun)
    .query(({ ctx, input }) => readRun(ctx, input.id)),
  execute: command({
    permission: 'failover:write',
    audit: ['failover.begun', 'failover.previewed', 'approval.requested'],
    risk: 'region.failover',
  })
    .meta({ openapi: { method: 'POST', path: '/failover/execute', summary: 'Fail over, or run it dry' } })
    .input(executeInput)
    .output(z.union([failoverRun, approvalRequired]))
    .mutation(({ ctx, input }) => executeFailover(ctx, input)),
  decide: command({
    permission: 'failover:write',
    audit: ['failover.decided', 'approval.requested'],
    risk: 'region.failover',
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/failover/decide',
        summary: 'Say which region writes, where the console does not know',
      },
    })
    .input(decideInput)
    .output(z.union([failoverRun, approvalRequired]))
    .mutation(({ ctx, input }) => decideRoles(ctx, input)),
  settings: command({ permission: 'failover:write', audit: 'failover.settings_changed' })
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/failover/settings',
        summary: 'Automatic proposals, hold-down, quorum',
        success: 200,
      },
    })
    .input(settingsInput)
    .output(failoverSettings)
    .mutation(({ ctx, input }) => changeSettings(ctx, input)),
  observe: command({ permission: 'failover:write', audit: 'failover.observed' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/failover/observations',
        summary: 'What an observer elsewhere sees of a region',
        success: 200,
      },
    })
    .input(observeInput)
    .output(z.object({ heard: z.literal(true) }))
    .mutation(({ ctx, input }) => observe(ctx, input)),
  practise: command({ permission: 'failover:write', audit: 'failover.practised' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/failover/practice',
        summary: 'Pause or resume an embedded region server',
        success: 200,
      },
    })
    .input(practiceInput)
    .output(z.object({ region: z.string(), paused: z.boolean() }))
    .mutation(({ ctx, input }) => practise(ctx, input)),
});
