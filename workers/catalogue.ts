import type { AnyJob, DeclaredLoop } from '#kernel/jobs/declare.ts';
import { kernelJobs } from '#kernel/jobs/housekeeping.ts';
import { failoverJobs } from '#server/federation/edge-routing/jobs.ts';
import { recoveryJobs } from '#server/federation/recovery/jobs.ts';
import { regionJobs } from '#server/federation/regions/jobs.ts';
import { replicationJobs } from '#server/federation/replication/jobs.ts';
import { actionJobs, actionLoops } from '#server/governance/actions/jobs.ts';
import { approvalJobs } from '#server/governance/approvals/jobs.ts';
import { costJobs } from '#server/governance/cost/jobs.ts';
import { telemetryJobs, telemetryLoops } from '#server/governance/observability/jobs.ts';
import { proposalJobs } from '#server/governance/reasoner/jobs.ts';
import { riskJobs, riskLoops } from '#server/governance/risk/jobs.ts';
import { simulationJobs, simulationLoops } from '#server/governance/simulation/jobs.ts';
import { alertJobs } from '#server/platform/alerts/jobs.ts';
import { environmentJobs } from '#server/platform/environment/jobs.ts';
import { notificationJobs } from '#server/platform/notifications/jobs.ts';
import { auditJobs } from '#server/policy/auditor/jobs.ts';
import { syncLoops } from '#server/policy/sync/jobs.ts';

/** Every job of every system. */
export const catalogue: readonly AnyJob[] = [
  ...kernelJobs,
  ...alertJobs,
  ...actionJobs,
  ...approvalJobs,
  ...costJobs,
  ...proposalJobs,
  ...recoveryJobs,
  ...regionJobs,
  ...environmentJobs,
  ...notificationJobs,
  ...simulationJobs,
  ...riskJobs,
  ...auditJobs,
  ...failoverJobs,
  ...replicationJobs,
  ...telemetryJobs,
];

/** What goes round for ever: one worker at a time does each. */
export const loopCatalogue: readonly DeclaredLoop[] = [
  ...telemetryLoops,
  ...riskLoops,
  ...actionLoops,
  ...simulationLoops,
  ...syncLoops,
];
