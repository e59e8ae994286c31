import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { listSessionsInput, sessionList, sessionRef } from './schema.ts';
import { listAllSessions, listOwnSessions, revokeAnySession, revokeOwnSession } from './service.ts';

const revoked = z.object({ revoked: z.literal(true) });

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
  })
    .input(sessionRef)
    .output(revoked)
    .mutation(({ ctx, input }) => revokeAnySession(ctx, input.id)),
});
