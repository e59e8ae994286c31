import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import {
  drillDetail,
  drillRef,
  drillRow,
  objectiveInput,
  objectiveRow,
  snapshotRef,
  snapshotRow,
  started,
  statusOutput,
} from './schema.ts';
import {
  listDrills,
  listSnapshots,
  readDrill,
  readStatus,
  requestDrill,
  requestSnapshot,
  setObjective,
} from './service.ts';

export const recoveryRouter = router({
  status: read({ permission: 'recovery:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/recovery/status',
        summary: 'What could be restored, how fast, and how well that is proved',
      },
    })
    .output(statusOutput)
    .query(({ ctx }) => readStatus(ctx)),
  snapshots: read({ permission: 'recovery:read' })
    .meta({ openapi: { method: 'GET', path: '/recovery/snapshots', summary: 'Snapshots' } })
    .output(z.object({ rows: z.array(snapshotRow) }))
    .query(({ ctx }) => listSnapshots(ctx)),
  drills: read({ permission: 'recovery:read' })
    .meta({ openapi: { method: 'GET', path: '/recovery/drills', summary: 'Restore drills' } })
    .output(z.object({ rows: z.array(drillRow) }))
    .query(({ ctx }) => listDrills(ctx)),
  report: read({ permission: 'recovery:read' })
    .meta({
      openapi: { method: 'GET', path: '/recovery/drills/{id}', summary: 'A drill with its signed report' },
    })
    .input(drillRef)
    .output(drillDetail)
    .query(({ ctx, input }) => readDrill(ctx, input.id)),
  snapshot: command({ permission: 'recovery:run', audit: 'snapshot.requested' })
    .meta({
      openapi: { method: 'POST', path: '/recovery/snapshots', summary: 'Take a snapshot', success: 202 },
    })
    .input(z.strictObject({}))
    .output(started)
    .mutation(({ ctx }) => requestSnapshot(ctx, 'demand')),
  drill: command({ permission: 'recovery:run', audit: 'drill.requested' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/recovery/snapshots/{id}/drill',
        summary: 'Restore a snapshot to prove it',
        success: 202,
      },
    })
    .input(snapshotRef)
    .output(started)
    .mutation(({ ctx, input }) => requestDrill(ctx, input.id, 'demand')),
  setObjective: command({
    permission: 'recovery:govern',
    audit: 'recovery.objective_changed',
    stepUp: { maxAgeMinutes: 10, onlyIfEnrolled: true },
  })
    .input(objectiveInput)
    .output(objectiveRow)
    .mutation(({ ctx, input }) => setObjective(ctx, input)),
});
