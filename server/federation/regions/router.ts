import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import { z } from 'zod';
import {
  globalStatus,
  heartbeatInput,
  heartbeatOutput,
  listRegionsInput,
  listRegionsOutput,
  noticesInput,
  noticesOutput,
  pulsesOutput,
  regionDetail,
  regionOrder,
  regionOrdered,
  regionRef,
  registerInput,
  registerOutput,
  returned,
} from './schema.ts';
import { acceptHeartbeat } from './service/heartbeat.ts';
import { readPulses, readReturned } from './service/life.ts';
import { waitForNotices } from './service/notices.ts';
import { orderRegion } from './service/orders.ts';
import { listRegions, readGlobalStatus, readRegion, registerRegion } from './service.ts';

export const regionsRouter = router({
  list: read({ permission: 'region:read' })
    .meta({ openapi: { method: 'GET', path: '/region/list', summary: 'List regions' } })
    .input(listRegionsInput)
    .output(listRegionsOutput)
    .query(({ ctx, input }) => listRegions(ctx, input)),
  status: read({ permission: 'region:read' })
    .meta({ openapi: { method: 'GET', path: '/global-status', summary: 'State of every region' } })
    .input(z.strictObject({}))
    .output(globalStatus)
    .query(({ ctx }) => readGlobalStatus(ctx)),
  get: read({ permission: 'region:read' })
    .meta({ openapi: { method: 'GET', path: '/region/{name}', summary: 'Read one region' } })
    .input(regionRef)
    .output(regionDetail)
    .query(({ ctx, input }) => readRegion(ctx, input.name)),
  register: command({
    permission: 'region:register',
    audit: ['region.registered', 'region.updated', 'region.waiting', 'region.refused', 'approval.requested'],
    risk: ['region.admit', 'region.rekey', 'region.relocate'],
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/region/register',
        summary: 'Register a region by a signed envelope',
      },
    })
    .input(registerInput)
    .output(z.union([registerOutput, approvalRequired]))
    .mutation(({ ctx, input }) => registerRegion(ctx, input)),
  heartbeat: command({
    permission: 'region:heartbeat',
    audit: ['region.heard', 'region.heartbeat_gap', 'region.heartbeat_refused', 'region.state_changed'],
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/region/{name}/heartbeat',
        summary: 'Say that a region lives, by a signed envelope with a growing sequence',
        success: 200,
      },
    })
    .input(heartbeatInput)
    .output(heartbeatOutput)
    .mutation(({ ctx, input }) => acceptHeartbeat(ctx, input)),
  notices: read({ permission: 'region:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/region/{name}/notices',
        summary: 'What a region ought to know; waits for news',
      },
    })
    .input(noticesInput)
    .output(noticesOutput)
    .query(({ ctx, input }) => waitForNotices(ctx, input)),
  pulses: read({ permission: 'region:read' })
    .meta({
      openapi: { method: 'GET', path: '/region/{name}/heartbeats', summary: 'Heartbeats by the minute' },
    })
    .input(regionRef)
    .output(pulsesOutput)
    .query(({ ctx, input }) => readPulses(ctx, input.name)),
  returned: read({ permission: 'region:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/region/{name}/returned',
        summary: 'What changed while a region was away',
      },
    })
    .input(regionRef)
    .output(returned)
    .query(({ ctx, input }) => readReturned(ctx, input.name)),
  readmit: command({
    permission: 'region:operate',
    audit: ['region.readmitted', 'approval.requested'],
    risk: 'region.readmit',
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/region/{name}/readmit',
        summary: 'Readmit a quarantined region',
        success: 200,
      },
    })
    .input(regionOrder)
    .output(z.union([regionOrdered, approvalRequired]))
    .mutation(({ ctx, input }) => orderRegion(ctx, 'readmit', input)),
  quarantine: command({ permission: 'region:operate', audit: 'region.quarantined' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/region/{name}/quarantine',
        summary: 'Quarantine a region',
        success: 200,
      },
    })
    .input(regionOrder)
    .output(z.union([regionOrdered, approvalRequired]))
    .mutation(({ ctx, input }) => orderRegion(ctx, 'quarantine', input)),
  retire: command({
    permission: 'region:operate',
    audit: ['region.retired', 'approval.requested'],
    risk: 'region.retire',
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/region/{name}/retire',
        summary: 'Retire a region for good',
        success: 200,
      },
    })
    .input(regionOrder)
    .output(z.union([regionOrdered, approvalRequired]))
    .mutation(({ ctx, input }) => orderRegion(ctx, 'retire', input)),
});
