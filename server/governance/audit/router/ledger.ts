import { command, read } from '#kernel/trpc/builders.ts';
import '../policy.ts';
import * as schema from '../schema/ledger.ts';
import * as service from '../service/ledger.ts';

const fresh = { maxAgeMinutes: 10 };

/** Receipts, promises, findings and witnesses, among the procedures of `audits`; checkpoint and tiles are at /tlog. */
export const ledgerProcedures = {
  receipt: read({ permission: 'audit:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/audit/{uid}/receipt',
        summary: 'Receipt of an entry, verifiable offline',
      },
    })
    .input(schema.uidInput)
    .output(schema.receiptAnswer)
    .query(async ({ ctx, input }) => ({ receipt: await service.receiptOfEntry(ctx, input.uid) })),
  promise: read({ permission: 'audit:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/audit/{uid}/promise',
        summary: 'Signed promise that an entry will be in the tree',
      },
    })
    .input(schema.uidInput)
    .output(schema.promiseAnswer)
    .query(async ({ ctx, input }) => ({ promise: await service.promiseOfEntry(ctx, input.uid) })),
  checkPromise: command({ permission: 'audit:read', audit: 'ledger.finding_made' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/ledger/promises',
        summary: 'Whether a promise was kept',
        success: 200,
      },
    })
    .input(schema.checkPromiseInput)
    .output(schema.promiseVerdict)
    .mutation(({ ctx, input }) => service.verifyPromise(ctx, input.promise)),
  findings: read({ permission: 'ledger:read' })
    .meta({ openapi: { method: 'GET', path: '/ledger/findings', summary: 'What is wrong with a ledger' } })
    .output(schema.findingList)
    .query(({ ctx }) => service.ledgerFindings(ctx)),
  resolveFinding: command({ permission: 'ledger:manage', audit: 'ledger.finding_resolved', stepUp: fresh })
    .input(schema.resolveFindingInput)
    .output(schema.done)
    .mutation(({ ctx, input }) => service.resolveFinding(ctx, input)),
  witnesses: read({ permission: 'ledger:read' })
    .meta({
      openapi: { method: 'GET', path: '/ledger/witnesses', summary: 'Witnesses, and logs witnessed here' },
    })
    .output(schema.witnessList)
    .query(({ ctx }) => service.listWitnesses(ctx)),
  addWitness: command({ permission: 'ledger:manage', audit: 'ledger.witness_added', stepUp: fresh })
    .input(schema.addWitnessInput)
    .output(schema.done)
    .mutation(({ ctx, input }) => service.addWitness(ctx, input)),
  removeWitness: command({ permission: 'ledger:manage', audit: 'ledger.witness_removed', stepUp: fresh })
    .input(schema.removeWitnessInput)
    .output(schema.done)
    .mutation(({ ctx, input }) => service.removeWitness(ctx, input.id)),
  addLog: command({ permission: 'ledger:manage', audit: 'ledger.log_added', stepUp: fresh })
    .input(schema.addLogInput)
    .output(schema.done)
    .mutation(({ ctx, input }) => service.addWitnessedLog(ctx, input)),
  removeLog: command({ permission: 'ledger:manage', audit: 'ledger.log_removed', stepUp: fresh })
    .input(schema.removeLogInput)
    .output(schema.done)
    .mutation(({ ctx, input }) => service.removeWitnessedLog(ctx, input.origin)),
};
