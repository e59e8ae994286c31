import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import {
  connectAt,
  connectInput,
  listSessionsInput,
  providerConnection,
  sessionList,
  sessionRef,
} from './schema.ts';
import { askConnection, disconnect, readConnection } from './service/connection.ts';
import { listAllSessions, listOwnSessions, revokeAnySession, revokeOwnSession } from './service/sessions.ts';

const revoked = z.object({ revoked: z.literal(true) });

const own = { permission: 'session:own', own: true } as const;

export const sessionsRouter = router({
  mine: read({ permission: 'session:own', own: true })
    .input(listSessionsInput)
    .output(sessionList)
    .query(({ ctx, input }) => listOwnSessions(ctx, input)),
  all: read({ permission: 'session:all' })
    .input(listSessionsInput)
    .output(sessionList)
    .query(({ ctx, input }) => listAllSessions(ctx, input)),
  revoke: command({ permission: 'session:own', own: true, audit: ['session.revoked', 'session.ended'] })
    .input(sessionRef)
    .output(revoked)
    .mutation(({ ctx, input }) => revokeOwnSession(ctx, input.id)),
  revokeAny: command({
    permission: 'session:all',
    audit: ['session.revoked', 'session.ended'],
    stepUp: { maxAgeMinutes: 10 },
    protects: true,
  })
    .input(sessionRef)
    .output(revoked)
    .mutation(({ ctx, input }) => revokeAnySession(ctx, input.id)),
  provider: read(own)
    .output(providerConnection)
    .query(({ ctx }) => readConnection(ctx)),
  connectProvider: command({
    ...own,
    audit: 'session.provider_connected',
    stepUp: { maxAgeMinutes: 10, onlyIfEnrolled: true },
  })
    .input(connectInput)
    .output(connectAt)
    .mutation(({ ctx, input }) => askConnection(ctx, input.currentPassword)),
  disconnectProvider: command({
    ...own,
    audit: 'session.provider_disconnected',
    stepUp: { maxAgeMinutes: 10, onlyIfEnrolled: true },
  })
    .output(providerConnection)
    .mutation(({ ctx }) => disconnect(ctx)),
});
