import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import {
  accepted,
  approvalDetail,
  approvalRef,
  approveInput,
  decided,
  decideInput,
  delegateInput,
  delegations,
  listApprovalsInput,
  listApprovalsOutput,
  policies,
  policyRow,
  prepared,
  prepareInput,
  requested,
  requestInput,
  reviewInput,
  reviews,
  signed,
  updatePolicyInput,
  waiting,
  withdrawInput,
} from './schema.ts';
import { requestBySubject } from './service/ask.ts';
import { approveByToken, decide, prepareDecision, signOnly } from './service/decide.ts';
import { delegate, endDelegation, listDelegations } from './service/delegations.ts';
import { listPolicies, updatePolicy } from './service/policies.ts';
import { countWaiting, listApprovals, readApproval, withdrawApproval } from './service/read.ts';
import { closeOpenReview, listReviews } from './service/reviews.ts';

const stepUp = { maxAgeMinutes: 10 };
const decisionEvents = [
  'approval.counted',
  'approval.approved',
  'approval.denied',
  'approval.glass_broken',
  'approval.expired',
  'token.key_made',
] as const;

export const approvalsRouter = router({
  list: read({ permission: 'approval:read' })
    .meta({ openapi: { method: 'GET', path: '/approvals', summary: 'List approvals' } })
    .input(listApprovalsInput)
    .output(listApprovalsOutput)
    .query(({ ctx, input }) => listApprovals(ctx, input)),
  waiting: read({ permission: 'approval:read' })
    .input(z.void())
    .output(waiting)
    .query(({ ctx }) => countWaiting(ctx)),
  get: read({ permission: 'approval:read' })
    .meta({ openapi: { method: 'GET', path: '/approvals/{id}', summary: 'Read one approval' } })
    .input(approvalRef)
    .output(approvalDetail)
    .query(({ ctx, input }) => readApproval(ctx, input.id)),
  request: command({ permission: 'approval:request', audit: 'approval.requested' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/request_approval',
        summary: 'Ask for the approval of something that waits; 200 when it was asked for before',
      },
    })
    .input(requestInput)
    .output(requested)
    .mutation(({ ctx, input }) => requestBySubject(ctx, input)),
  approve: command({ permission: 'approval:token', audit: decisionEvents })
    .meta({
      openapi: { method: 'POST', path: '/approve', summary: 'Hand in a signed decision token', success: 200 },
    })
    .input(approveInput)
    .output(accepted)
    .mutation(({ ctx, input }) => approveByToken(ctx, input.token)),
  prepare: command({ permission: 'approval:decide', audit: ['approval.prepared', 'approval.expired'] })
    .input(prepareInput)
    .output(prepared)
    .mutation(({ ctx, input }) => prepareDecision(ctx, input)),
  decide: command({ permission: 'approval:decide', audit: decisionEvents })
    .input(decideInput)
    .output(decided)
    .mutation(({ ctx, input }) => decide(ctx, input)),
  sign: command({
    permission: 'approval:decide',
    audit: ['approval.signed', 'approval.expired', 'token.key_made'],
  })
    .input(decideInput)
    .output(signed)
    .mutation(({ ctx, input }) => signOnly(ctx, input)),
  withdraw: command({ permission: 'approval:request', audit: 'approval.withdrawn' })
    .input(withdrawInput)
    .output(approvalDetail)
    .mutation(({ ctx, input }) => withdrawApproval(ctx, input)),
  policies: read({ permission: 'approval:read' })
    .input(z.void())
    .output(policies)
    .query(({ ctx }) => listPolicies(ctx)),
  updatePolicy: command({ permission: 'approval:policy', audit: 'approval.policy_changed', stepUp })
    .input(updatePolicyInput)
    .output(policyRow)
    .mutation(({ ctx, input }) => updatePolicy(ctx, input)),
  delegations: read({ permission: 'approval:read' })
    .input(z.void())
    .output(delegations)
    .query(({ ctx }) => listDelegations(ctx)),
  delegate: command({ permission: 'approval:decide', audit: 'approval.delegated', stepUp })
    .input(delegateInput)
    .output(delegations)
    .mutation(({ ctx, input }) => delegate(ctx, input)),
  endDelegation: command({ permission: 'approval:decide', audit: 'approval.delegation_revoked' })
    .input(approvalRef)
    .output(delegations)
    .mutation(({ ctx, input }) => endDelegation(ctx, input.id)),
  reviews: read({ permission: 'approval:read' })
    .input(z.void())
    .output(reviews)
    .query(({ ctx }) => listReviews(ctx)),
  review: command({ permission: 'approval:decide', audit: 'approval.reviewed', stepUp })
    .input(reviewInput)
    .output(reviews)
    .mutation(({ ctx, input }) => closeOpenReview(ctx, input)),
});
