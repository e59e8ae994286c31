import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { preferences, saveTableInput, tableId, tourProgress } from './schema.ts';
import { readPreferences, resetTable, saveTable, saveTour } from './service.ts';

const own = { permission: 'preference:write', own: true, audit: 'preference.saved' } as const;

export const preferencesRouter = router({
  mine: read({ permission: 'preference:read', own: true })
    .output(preferences)
    .query(({ ctx }) => readPreferences(ctx)),
  saveTable: command(own)
    .input(saveTableInput)
    .output(preferences)
    .mutation(({ ctx, input }) => saveTable(ctx, input)),
  resetTable: command(own)
    .input(z.strictObject({ table: tableId }))
    .output(preferences)
    .mutation(({ ctx, input }) => resetTable(ctx, input.table)),
  saveTour: command(own)
    .input(tourProgress)
    .output(preferences)
    .mutation(({ ctx, input }) => saveTour(ctx, input)),
});
