import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import { alertList, matrix, matrixInput, openAlerts } from './schema.ts';
import { countOpenAlerts, listAlerts, readMatrix, runControls } from './service.ts';

export const alertsRouter = router({
  matrix: read({ permission: 'control:read' })
    .input(matrixInput)
    .output(matrix)
    .query(({ ctx, input }) => readMatrix(ctx, input?.phase)),
  list: read({ permission: 'control:read' })
    .meta({
      openapi: { method: 'GET', path: '/alerts/policy', summary: 'Policies that are, or were, not kept' },
    })
    .input(z.strictObject({}))
    .output(alertList)
    .query(({ ctx }) => listAlerts(ctx)),
  open: read({ permission: 'control:read' })
    .output(openAlerts)
    .query(({ ctx }) => countOpenAlerts(ctx)),
  run: command({ permission: 'control:run', audit: ['policy.checked', 'policy.violated', 'policy.restored'] })
    .output(matrix)
    .mutation(({ ctx }) => runControls(ctx)),
});
