import { callTRPCProcedure } from '@trpc/server';
import { bindApprovals, bindReleasedCalls } from '#kernel/approvals/port.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { liveRouter } from '#kernel/realtime/router.ts';
import { createCallerFactory, router } from '#kernel/trpc/init.ts';
import { consoleControls } from './controls.ts';
import { regionsRouter } from './federation/regions/router.ts';
import { tenantsRouter } from './federation/tenants/router.ts';
import { approvalsRouter } from './governance/approvals/router.ts';
import { approvalPort } from './governance/approvals/service/bind.ts';
import { auditsRouter } from './governance/audit/router.ts';
import { alertsRouter } from './platform/alerts/router.ts';
import { environmentRouter } from './platform/environment/router.ts';
import { identityRouter } from './platform/identity/router.ts';
import { jobsRouter } from './platform/jobs/router.ts';
import { mfaRouter } from './platform/mfa/router.ts';
import { notificationsRouter } from './platform/notifications/router.ts';
import { sessionsRouter } from './platform/sessions/router.ts';
import { tokensRouter } from './platform/tokens/router.ts';

export { signInChoices } from './platform/sessions/service/connection.ts';
export { beginVisit, callbackPath, finishVisit } from './platform/sessions/service/provider.ts';
export { signOut } from './platform/sessions/service/sessions.ts';
export { signIn, signInWithPasskey } from './platform/sessions/service/sign-in.ts';

/** The router of routers. Keys are the words people use. */
export const appRouter = router({
  alerts: alertsRouter,
  approvals: approvalsRouter,
  audits: auditsRouter,
  environment: environmentRouter,
  identity: identityRouter,
  jobs: jobsRouter,
  live: liveRouter,
  mfa: mfaRouter,
  notifications: notificationsRouter,
  regions: regionsRouter,
  sessions: sessionsRouter,
  tenants: tenantsRouter,
  tokens: tokensRouter,
});

bindApprovals(approvalPort);
bindReleasedCalls(({ procedure, input, principal, database, clock, release }) =>
  callTRPCProcedure({
    router: appRouter,
    path: procedure,
    getRawInput: async () => input,
    ctx: {
      principal,
      database,
      clock,
      release,
      request: { channel: 'job', ip: 'local', csrfSafe: true },
    },
    type: 'mutation',
    signal: undefined,
    batchIndex: 0,
  }),
);
declareControls(consoleControls(appRouter));

export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
