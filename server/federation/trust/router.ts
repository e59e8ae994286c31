import { z } from 'zod';
import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import './service.ts';
import {
  acceptInput,
  bundleOutput,
  flowInput,
  flowOutput,
  governInput,
  inviteInput,
  inviteOutput,
  joinInput,
  joinOutput,
  memberOrder,
  memberOrdered,
  membersOutput,
  rulesOutput,
  spreadOutput,
} from './schema.ts';
import { acceptInvitation, acceptJoin, invite } from './service/join.ts';
import { listMembers, orderMember } from './service/members.ts';
import { govern, mayReplicate, rulesInForce } from './service/rules.ts';
import { ownBundle } from './service/self.ts';
import { readSpread } from './service/spread.ts';

const stepUp = { maxAgeMinutes: 10, onlyIfEnrolled: true } as const;
const ordered = z.union([memberOrdered, approvalRequired]);

export const trustRouter = router({
  members: read({ permission: 'trust:read' })
    .meta({ openapi: { method: 'GET', path: '/federation/members', summary: 'Members of the federation' } })
    .output(membersOutput)
    .query(({ ctx }) => listMembers(ctx)),
  bundle: read({ permission: 'trust:bundle' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/federation/bundle',
        summary: 'The trust bundle of this installation',
      },
    })
    .output(bundleOutput)
    .query(async ({ ctx }) => bundleOutput.parse((await ownBundle(ctx)).body)),
  spread: read({ permission: 'trust:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/federation/revocations',
        summary: 'Revocations, and who has heard of them',
      },
    })
    .output(spreadOutput)
    .query(({ ctx }) => readSpread(ctx)),
  rules: read({ permission: 'trust:read' })
    .meta({
      openapi: { method: 'GET', path: '/federation/rules', summary: 'What may flow in the federation' },
    })
    .output(rulesOutput)
    .query(({ ctx }) => rulesInForce(ctx)),
  flow: read({ permission: 'trust:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/federation/flow',
        summary: 'Whether a class of data may go from one region to another',
      },
    })
    .input(flowInput)
    .output(flowOutput)
    .query(({ ctx, input }) => mayReplicate(ctx, input)),
  invite: command({ permission: 'trust:invite', audit: 'federation.invited', stepUp })
    .meta({ openapi: { method: 'POST', path: '/federation/invite', summary: 'Invite an installation' } })
    .input(inviteInput)
    .output(inviteOutput)
    .mutation(({ ctx, input }) => invite(ctx, input)),
  join: command({ permission: 'trust:join', audit: ['federation.joined', 'federation.join_refused'] })
    .meta({
      openapi: {
        method: 'POST',
        path: '/federation/join',
        summary: 'Join by an invitation, signed with the own keys',
      },
    })
    .input(joinInput)
    .output(joinOutput)
    .mutation(({ ctx, input }) => acceptJoin(ctx, input)),
  accept: command({ permission: 'trust:invite', audit: 'federation.accepted', stepUp })
    .input(acceptInput)
    .output(memberOrdered)
    .mutation(({ ctx, input }) => acceptInvitation(ctx, input)),
  admit: command({
    permission: 'trust:admit',
    audit: ['federation.admitted', 'approval.requested'],
    risk: 'federation.admit',
  })
    .input(memberOrder)
    .output(ordered)
    .mutation(({ ctx, input }) => orderMember(ctx, 'admit', input)),
  suspend: command({ permission: 'trust:admit', audit: 'federation.suspended' })
    .input(memberOrder)
    .output(ordered)
    .mutation(({ ctx, input }) => orderMember(ctx, 'suspend', input)),
  resume: command({ permission: 'trust:admit', audit: 'federation.resumed', stepUp })
    .input(memberOrder)
    .output(ordered)
    .mutation(({ ctx, input }) => orderMember(ctx, 'resume', input)),
  revoke: command({ permission: 'trust:admit', audit: 'federation.revoked', stepUp, protects: true })
    .meta({
      openapi: {
        method: 'POST',
        path: '/federation/revoke',
        summary: 'End the trust in a member, everywhere',
        success: 200,
      },
    })
    .input(memberOrder)
    .output(ordered)
    .mutation(({ ctx, input }) => orderMember(ctx, 'revoke', input)),
  govern: command({
    permission: 'trust:govern',
    audit: ['federation.governed', 'approval.requested'],
    risk: 'federation.govern',
    unwitnessed: true,
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/federation/rules',
        summary: 'Change what may flow in the federation',
        success: 200,
      },
    })
    .input(governInput)
    .output(z.union([z.object({ status: z.literal('done'), version: z.int() }), approvalRequired]))
    .mutation(({ ctx, input }) => govern(ctx, input)),
});
