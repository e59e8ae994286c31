import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import { ledgerProcedures } from './router/ledger.ts';
import {
  consistencyInput,
  consistencyOutput,
  entryFacets,
  entryFilter,
  entryList,
  entryRef,
  explainedEntry,
  ledgerHead,
  listEntriesInput,
  noteInput,
} from './schema.ts';
import { addNote, explainEntry, listEntries, readConsistency, readFacets, readHead } from './service.ts';

export const auditsRouter = router({
  ...ledgerProcedures,
  list: read({ permission: 'audit:read' })
    .meta({ openapi: { method: 'GET', path: '/audit', summary: 'List ledger entries, newest first' } })
    .input(listEntriesInput)
    .output(entryList)
    .query(({ ctx, input }) => listEntries(ctx, input)),
  facets: read({ permission: 'audit:read' })
    .input(entryFilter)
    .output(entryFacets)
    .query(({ ctx, input }) => readFacets(ctx, input)),
  head: read({ permission: 'audit:read' })
    .meta({
      openapi: { method: 'GET', path: '/audit/head', summary: 'Newest checkpoint, keys and witnesses' },
    })
    .output(ledgerHead)
    .query(({ ctx }) => readHead(ctx)),
  consistency: read({ permission: 'audit:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/audit/consistency',
        summary: 'Proof that a tree of one size is the beginning of a larger one',
      },
    })
    .input(consistencyInput)
    .output(consistencyOutput)
    .query(({ ctx, input }) => readConsistency(ctx, input)),
  get: read({ permission: 'audit:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/audit/{id}',
        summary: 'Explain one entry, by its id, number or reference, with its proof',
      },
    })
    .input(entryRef)
    .output(explainedEntry)
    .query(({ ctx, input }) => explainEntry(ctx, input.id)),
  note: command({ permission: 'audit:write', audit: 'audit.noted' })
    .meta({ openapi: { method: 'POST', path: '/audit/notes', summary: 'Write a remark into the ledger' } })
    .input(noteInput)
    .output(z.object({ uid: z.uuid() }))
    .mutation(({ ctx, input }) => addNote(ctx, input)),
});
