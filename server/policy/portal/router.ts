import { z } from 'zod';
import { read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import {
  consistencyInput,
  consistencyOutput,
  explainedEntry,
  ledgerHead,
} from '#server/governance/audit/schema.ts';
import { explainEntry, readConsistency, readHead } from '#server/governance/audit/service.ts';
import './policy.ts';
import {
  activeInput,
  portalActive,
  portalAudits,
  portalEntryRef,
  portalHashes,
  portalSync,
} from './schema.ts';
import { portalHashStates, portalState, readPortalActive, readPortalAudits } from './service.ts';

const publicly = () => read({ permission: 'portal:public', readOnly: true });
const signedIn = () => read({ permission: 'portal:read', readOnly: true });

/** Reads only, all of them as the role that has no write grant: there is no mutation behind the portal. */
export const portalRouter = router({
  sync: publicly()
    .meta({ openapi: { method: 'GET', path: '/portal/sync', summary: 'Whether the edge follows the hub' } })
    .input(z.strictObject({}))
    .output(portalSync)
    .query(({ ctx }) => portalState(ctx)),
  hashes: publicly()
    .meta({
      openapi: {
        method: 'GET',
        path: '/portal/hashes',
        summary: 'What is active now, by hash, and how many hold it',
      },
    })
    .input(z.strictObject({}))
    .output(portalHashes)
    .query(({ ctx }) => portalHashStates(ctx)),
  checkpoint: publicly()
    .meta({
      openapi: {
        method: 'GET',
        path: '/portal/checkpoint',
        summary: 'Newest signed checkpoint of the ledger',
      },
    })
    .input(z.strictObject({}))
    .output(ledgerHead)
    .query(({ ctx }) => readHead(ctx)),
  consistency: publicly()
    .input(consistencyInput)
    .output(consistencyOutput)
    .query(({ ctx, input }) => readConsistency(ctx, input)),
  audits: signedIn()
    .meta({
      openapi: {
        method: 'GET',
        path: '/portal/audits',
        summary: 'Edge audits, the latest with its findings, and P1 to P7 by phase and region',
      },
    })
    .input(z.strictObject({}))
    .output(portalAudits)
    .query(({ ctx }) => readPortalAudits(ctx)),
  active: signedIn()
    .meta({
      openapi: {
        method: 'GET',
        path: '/portal/active',
        summary: 'What was active in a region at an instant, with the ledger entries that made it so',
      },
    })
    .input(activeInput)
    .output(portalActive)
    .query(({ ctx, input }) => readPortalActive(ctx, input)),
  entry: signedIn()
    .meta({
      openapi: { method: 'GET', path: '/portal/entries/{id}', summary: 'One ledger entry with its proof' },
    })
    .input(portalEntryRef)
    .output(explainedEntry)
    .query(({ ctx, input }) => explainEntry(ctx, input.id)),
});
