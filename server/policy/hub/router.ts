import { z } from 'zod';
import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { noPolicyOf } from './errors.ts';
import {
  activeAtInput,
  activeAtOutput,
  decideInput,
  decisionOutput,
  hubStatus,
  listPoliciesInput,
  listPoliciesOutput,
  policyDetail,
  policyRef,
  published,
  publishInput,
  revoked,
  revokeInput,
  rollbackInput,
  rolloutDetail,
  rolloutRef,
  rolloutRow,
  rolloutsInput,
} from './schema.ts';
import { publishPolicy, rollbackPolicy } from './service/publish.ts';
import {
  decideHere,
  listPolicies,
  listRollouts,
  readActiveAt,
  readHubStatus,
  readPolicy,
  readRollout,
} from './service/read.ts';
import { revokePolicy } from './service/revoke.ts';

export const policiesRouter = router({
  list: read({ permission: 'policy:read' })
    .meta({ openapi: { method: 'GET', path: '/policies', summary: 'List policies' } })
    .input(listPoliciesInput)
    .output(listPoliciesOutput)
    .query(({ ctx, input }) => listPolicies(ctx, input)),
  get: read({ permission: 'policy:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/policy/{id}',
        summary: 'Read a policy, at its active or a given version',
      },
    })
    .input(policyRef)
    .output(policyDetail)
    .query(({ ctx, input }) => readPolicy(ctx, input)),
  publish: command({
    permission: 'policy:write',
    audit: ['policy.published', 'approval.requested'],
    risk: 'policy.publish',
  })
    .meta({ openapi: { method: 'POST', path: '/policy/publish', summary: 'Publish a signed policy' } })
    .input(publishInput)
    .output(z.union([published, approvalRequired]))
    .mutation(({ ctx, input }) => publishPolicy(ctx, input)),
  rollback: command({
    permission: 'policy:write',
    audit: ['policy.published', 'approval.requested'],
    risk: 'policy.publish',
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/policy/{id}/rollback',
        summary: 'Publish an old version’s content as a new version',
      },
    })
    .input(rollbackInput)
    .output(z.union([published, approvalRequired]))
    .mutation(({ ctx, input }) => rollbackPolicy(ctx, input)),
  revoke: command({
    permission: 'policy:write',
    audit: ['policy.revoking', 'approval.requested'],
    risk: 'policy.revoke',
    stepUp: { maxAgeMinutes: 10, onlyIfEnrolled: true },
  })
    .input(revokeInput)
    .output(z.union([revoked.omit({ epoch: true }), approvalRequired]))
    .mutation(({ ctx, input }) => revokePolicy(ctx, input)),
  rollouts: read({ permission: 'relay:read' })
    .input(rolloutsInput)
    .output(z.array(rolloutRow))
    .query(({ ctx, input }) => listRollouts(ctx, input)),
  rollout: read({ permission: 'relay:read' })
    .input(rolloutRef)
    .output(rolloutDetail)
    .query(({ ctx, input }) => readRollout(ctx, input.id)),
  status: read({ permission: 'relay:read' })
    .meta({ openapi: { method: 'GET', path: '/policies/status', summary: 'State of the hub and its fleet' } })
    .input(z.strictObject({}))
    .output(hubStatus)
    .query(({ ctx }) => readHubStatus(ctx)),
  decide: read({ permission: 'policy:read' })
    .meta({ openapi: { method: 'POST', path: '/decide', summary: 'Ask the active policies', success: 200 } })
    .input(decideInput)
    .output(decisionOutput)
    .query(async ({ ctx, input: { kind, ...question } }) => {
      const decision = await decideHere(ctx, kind, question);
      if (!decision) throw noPolicyOf(kind);
      return decision;
    }),
  activeAt: read({ permission: 'policy:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/policies/active',
        summary: 'What was active at an instant, in a region',
      },
    })
    .input(activeAtInput)
    .output(activeAtOutput)
    .query(({ ctx, input }) => readActiveAt(ctx, input)),
});
