import { callTRPCProcedure } from '@trpc/server';
import { bindApprovals, bindReleasedCalls } from '#kernel/approvals/port.ts';
import { proceduresOf } from '#kernel/controls/procedures.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { bindPolicies } from '#kernel/policy/in-force.ts';
import { liveRouter } from '#kernel/realtime/router.ts';
import { createCallerFactory, router } from '#kernel/trpc/init.ts';
import { bindPhaseGate } from '#kernel/trpc/phase-gate.ts';
import { consoleControls } from './controls.ts';
import { edgeRoutingRouter } from './federation/edge-routing/router.ts';
import { recoveryRouter } from './federation/recovery/router.ts';
import { regionsRouter } from './federation/regions/router.ts';
import { replicationRouter } from './federation/replication/router.ts';
import { tenantsRouter } from './federation/tenants/router.ts';
import { trustRouter } from './federation/trust/router.ts';
import { actionsRouter } from './governance/actions/router.ts';
import { approvalsRouter } from './governance/approvals/router.ts';
import { approvalPort } from './governance/approvals/service/bind.ts';
import { auditsRouter } from './governance/audit/router.ts';
import { costsRouter } from './governance/cost/router.ts';
import { telemetryRouter } from './governance/observability/router.ts';
import { proposalsRouter } from './governance/reasoner/router.ts';
import { risksRouter } from './governance/risk/router.ts';
import { simulationsRouter } from './governance/simulation/router.ts';
import { alertsRouter } from './platform/alerts/router.ts';
import { environmentRouter } from './platform/environment/router.ts';
import { identityRouter } from './platform/identity/router.ts';
import { jobsRouter } from './platform/jobs/router.ts';
import { keysRouter } from './platform/keys/router.ts';
import { mfaRouter } from './platform/mfa/router.ts';
import { notificationsRouter } from './platform/notifications/router.ts';
import { preferencesRouter } from './platform/preferences/router.ts';
import { declareBuilt } from './platform/reports/built.ts';
import { phaseGate } from './platform/reports/gate.ts';
import { reportsRouter } from './platform/reports/router.ts';
import { sessionsRouter } from './platform/sessions/router.ts';
import { tokensRouter } from './platform/tokens/router.ts';
import { edgeAuditsRouter } from './policy/auditor/router.ts';
import { cacheRouter } from './policy/cache/router.ts';
import { policiesRouter } from './policy/hub/router.ts';
import { loadPolicies } from './policy/hub/service/in-force.ts';
import { portalRouter } from './policy/portal/router.ts';
import { relaysRouter } from './policy/relay/router.ts';
import { policySyncRouter } from './policy/sync/router.ts';

export { signInChoices } from './platform/sessions/service/connection.ts';
export { beginVisit, callbackPath, finishVisit } from './platform/sessions/service/provider.ts';
export { signOut } from './platform/sessions/service/sessions.ts';
export { signIn, signInWithPasskey } from './platform/sessions/service/sign-in.ts';

/** The router of routers. Keys are the words people use. */
export const appRouter = router({
  actions: actionsRouter,
  alerts: alertsRouter,
  approvals: approvalsRouter,
  audits: auditsRouter,
  cache: cacheRouter,
  costs: costsRouter,
  edgeAudits: edgeAuditsRouter,
  edgeRouting: edgeRoutingRouter,
  environment: environmentRouter,
  identity: identityRouter,
  jobs: jobsRouter,
  keys: keysRouter,
  live: liveRouter,
  mfa: mfaRouter,
  notifications: notificationsRouter,
  policies: policiesRouter,
  policySync: policySyncRouter,
  portal: portalRouter,
  preferences: preferencesRouter,
  proposals: proposalsRouter,
  recovery: recoveryRouter,
  regions: regionsRouter,
  relays: relaysRouter,
  replication: replicationRouter,
  reports: reportsRouter,
  risks: risksRouter,
  sessions: sessionsRouter,
  simulations: simulationsRouter,
  telemetry: telemetryRouter,
  tenants: tenantsRouter,
  tokens: tokensRouter,
  trust: trustRouter,
});

bindApprovals(approvalPort);
bindReleasedCalls(({ procedure, input, principal, database, clock, release, causedBy }) =>
  callTRPCProcedure({
    router: appRouter,
    path: procedure,
    getRawInput: async () => input,
    ctx: {
      principal,
      database,
      clock,
      release,
      request: { channel: 'job', ip: 'local', csrfSafe: true, causedBy },
    },
    type: 'mutation',
    signal: undefined,
    batchIndex: 0,
  }),
);
declareControls(consoleControls(appRouter));
declareBuilt(proceduresOf(appRouter));
bindPhaseGate(phaseGate());
bindPolicies(loadPolicies);

export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
