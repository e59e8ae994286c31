import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import {
  auditDetail,
  auditList,
  auditRef,
  auditStatus,
  findingDetail,
  findingRef,
  openReports,
} from './schema.ts';
import { listAudits, readAudit, readFinding, readOpenReports, readStatus, runAudit } from './service.ts';

export const edgeAuditsRouter = router({
  status: read({ permission: 'edgeaudit:read' })
    .meta({
      openapi: { method: 'GET', path: '/edge-audits/status', summary: 'How the last audit stands now' },
    })
    .input(z.strictObject({}))
    .output(auditStatus)
    .query(({ ctx }) => readStatus(ctx)),
  list: read({ permission: 'edgeaudit:read' })
    .meta({ openapi: { method: 'GET', path: '/edge-audits', summary: 'List audits of the edge' } })
    .input(z.strictObject({}))
    .output(auditList)
    .query(({ ctx }) => listAudits(ctx)),
  get: read({ permission: 'edgeaudit:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/edge-audits/{id}',
        summary: 'One audit, or the latest, with findings',
      },
    })
    .input(auditRef)
    .output(auditDetail)
    .query(({ ctx, input }) => readAudit(ctx, input.id)),
  finding: read({ permission: 'edgeaudit:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/edge-audits/findings/{id}',
        summary: 'One finding, with its entry of the ledger',
      },
    })
    .input(findingRef)
    .output(findingDetail)
    .query(({ ctx, input }) => readFinding(ctx, input.id)),
  report: read({ permission: 'edgeaudit:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/edge-audits/{id}/openreports',
        summary: 'The results in the OpenReports shape',
      },
    })
    .input(auditRef)
    .output(openReports)
    .query(({ ctx, input }) => readOpenReports(ctx, input.id)),
  run: command({ permission: 'edgeaudit:run', audit: ['edgeaudit.committed', 'edgeaudit.shown'] })
    .meta({ openapi: { method: 'POST', path: '/edge-audits', summary: 'Audit the edge now' } })
    .input(z.strictObject({}))
    .output(auditDetail)
    .mutation(({ ctx }) => runAudit(ctx, 'manual')),
});
