import { read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import { ledgerProcedures } from './router/ledger.ts';
import { entryList, listEntriesInput } from './schema.ts';
import { listEntries } from './service.ts';

export const auditsRouter = router({
  ...ledgerProcedures,
  list: read({ permission: 'audit:read' })
    .meta({ openapi: { method: 'GET', path: '/audit', summary: 'List ledger entries, newest first' } })
    .input(listEntriesInput)
    .output(entryList)
    .query(({ ctx, input }) => listEntries(ctx, input)),
});
