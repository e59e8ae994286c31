import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { syncState } from './schema.ts';
import { checkFleet, readSync } from './service.ts';

export const policySyncRouter = router({
  status: read({ permission: 'sync:read' })
    .meta({
      openapi: { method: 'GET', path: '/policy-sync/status', summary: 'Whether hub and relays agree' },
    })
    .input(z.strictObject({}))
    .output(syncState)
    .query(({ ctx }) => readSync(ctx)),
  check: command({ permission: 'sync:run', audit: ['sync.checked', 'policy.published'] })
    .meta({ openapi: { method: 'POST', path: '/sync/check', summary: 'Compare now', success: 200 } })
    .input(z.strictObject({}))
    .output(syncState)
    .mutation(({ ctx }) => checkFleet(ctx)),
});
