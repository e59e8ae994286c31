import { z } from 'zod';
import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import {
  preflightOutput,
  resyncInput,
  retireInput,
  streamDetail,
  streamInput,
  streamRef,
  syncStatus,
  tenantRef,
  tenantReplicas,
  tenantVerified,
  verifyInput,
  verifyOutput,
} from './schema.ts';
import {
  createStream,
  pauseStream,
  previewStream,
  readReplicas,
  readStatus,
  readStream,
  requestVerify,
  resumeStream,
  resyncTable,
  retireStream,
  verifyTenant,
} from './service.ts';

const path = (suffix: string, summary: string) => ({
  openapi: {
    method: 'POST' as const,
    path: `/sync/streams/{id}/${suffix}` as const,
    summary,
    success: 200 as const,
  },
});

export const replicationRouter = router({
  status: read({ permission: 'replication:read' })
    .meta({
      openapi: { method: 'GET', path: '/sync/status', summary: 'Every stream and how far it is behind' },
    })
    .input(z.strictObject({}))
    .output(syncStatus)
    .query(({ ctx }) => readStatus(ctx)),
  get: read({ permission: 'replication:read' })
    .meta({ openapi: { method: 'GET', path: '/sync/streams/{id}', summary: 'One stream with its evidence' } })
    .input(streamRef)
    .output(streamDetail)
    .query(({ ctx, input }) => readStream(ctx, input.id)),
  preflight: read({ permission: 'replication:write' })
    .input(streamInput)
    .output(preflightOutput)
    .query(({ ctx, input }) => previewStream(ctx, input)),
  create: command({
    permission: 'replication:write',
    audit: ['replication.requested', 'approval.requested'],
    risk: 'replication.create',
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/sync/streams',
        summary: 'Make a stream, if preflight finds nothing',
      },
    })
    .input(streamInput)
    .output(z.union([streamDetail, approvalRequired]))
    .mutation(({ ctx, input }) => createStream(ctx, input)),
  verify: command({ permission: 'replication:write', audit: 'replication.verify_requested' })
    .meta(path('verify', 'Compare the mirror with its publisher, and search it for personal data'))
    .input(verifyInput)
    .output(verifyOutput)
    .mutation(({ ctx, input }) => requestVerify(ctx, input)),
  pause: command({ permission: 'replication:write', audit: 'replication.paused' })
    .meta(path('pause', 'Pause a stream; the publisher keeps its log meanwhile'))
    .input(streamRef)
    .output(streamDetail)
    .mutation(({ ctx, input }) => pauseStream(ctx, input.id)),
  resume: command({ permission: 'replication:write', audit: 'replication.resumed' })
    .meta(path('resume', 'Resume a stream'))
    .input(streamRef)
    .output(streamDetail)
    .mutation(({ ctx, input }) => resumeStream(ctx, input.id)),
  replicas: read({ permission: 'replication:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/tenants/{id}/replicas',
        summary: 'Where copies of a tenant’s rows lie',
      },
    })
    .input(tenantRef)
    .output(tenantReplicas)
    .query(({ ctx, input }) => readReplicas(ctx, input.id)),
  verifyTenant: command({ permission: 'replication:write', audit: 'replication.verify_requested' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/tenants/{id}/verify',
        summary: 'Compare every mirror of a tenant',
        success: 200,
      },
    })
    .input(tenantRef)
    .output(tenantVerified)
    .mutation(({ ctx, input }) => verifyTenant(ctx, input.id)),
  resync: command({ permission: 'replication:write', audit: 'replication.resynced' })
    .meta(path('resync', 'Copy one table of a stream anew'))
    .input(resyncInput)
    .output(streamDetail)
    .mutation(({ ctx, input }) => resyncTable(ctx, input)),
  retire: command({ permission: 'replication:write', audit: 'replication.retired' })
    .meta(path('retire', 'End a stream; what lies in the mirror stays'))
    .input(retireInput)
    .output(streamDetail)
    .mutation(({ ctx, input }) => retireStream(ctx, input)),
});
