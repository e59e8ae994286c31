import { z } from 'zod';
import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import {
  listRelaysInput,
  listRelaysOutput,
  relayChange,
  relayDetail,
  relayRef,
  tokenInput,
  tokenMade,
  tokenRef,
  tokenRow,
} from './schema.ts';
import { listRelays, readRelayDetail, readTokens } from './service/read.ts';
import {
  admitRelay,
  createJoinToken,
  quarantineRelay,
  revokeJoinToken,
  revokeRelay,
} from './service/registry.ts';

const done = z.object({ id: z.string() });
const stepUp = { maxAgeMinutes: 10, onlyIfEnrolled: true } as const;

export const relaysRouter = router({
  list: read({ permission: 'relay:read' })
    .meta({ openapi: { method: 'GET', path: '/relays', summary: 'List relays' } })
    .input(listRelaysInput)
    .output(listRelaysOutput)
    .query(({ ctx, input }) => listRelays(ctx, input)),
  get: read({ permission: 'relay:read' })
    .meta({ openapi: { method: 'GET', path: '/relays/{id}', summary: 'Read one relay and what it holds' } })
    .input(relayRef)
    .output(relayDetail)
    .query(({ ctx, input }) => readRelayDetail(ctx, input.id)),
  admit: command({
    permission: 'relay:admit',
    audit: ['relay.admitted', 'approval.requested'],
    risk: 'relay.admit',
  })
    .input(relayChange)
    .output(z.union([done, approvalRequired]))
    .mutation(({ ctx, input }) => admitRelay(ctx, input.id, input.reason)),
  quarantine: command({ permission: 'relay:admit', audit: 'relay.quarantined' })
    .input(relayChange)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await quarantineRelay(ctx, input.id, input.reason);
      return { id: input.id };
    }),
  revoke: command({ permission: 'relay:admit', audit: 'relay.revoked', stepUp, protects: true })
    .input(relayChange)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await revokeRelay(ctx, input.id, input.reason);
      return { id: input.id };
    }),
  tokens: read({ permission: 'relay:invite' })
    .output(z.array(tokenRow))
    .query(({ ctx }) => readTokens(ctx)),
  invite: command({ permission: 'relay:invite', audit: 'relay.token_created', stepUp })
    .input(tokenInput)
    .output(tokenMade)
    .mutation(({ ctx, input }) => createJoinToken(ctx, input)),
  revokeToken: command({ permission: 'relay:invite', audit: 'relay.token_revoked' })
    .input(tokenRef)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await revokeJoinToken(ctx, input.id);
      return { id: input.id };
    }),
});
