import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { z } from 'zod';
import {
  globalStatus,
  listRegionsInput,
  listRegionsOutput,
  regionDetail,
  regionRef,
  registerInput,
  registerOutput,
} from './schema.ts';
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
    audit: ['region.registered', 'region.updated', 'region.refused', 'approval.requested'],
    risk: 'region.admit',
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
});
