import type { AnyJob } from '#kernel/jobs/declare.ts';
import { kernelJobs } from '#kernel/jobs/housekeeping.ts';
import { failoverJobs } from '#server/federation/edge-routing/jobs.ts';
import { recoveryJobs } from '#server/federation/recovery/jobs.ts';
import { regionJobs } from '#server/federation/regions/jobs.ts';
import { replicationJobs } from '#server/federation/replication/jobs.ts';
import { actionJobs } from '#server/governance/actions/jobs.ts';
import { approvalJobs } from '#server/governance/approvals/jobs.ts';
import { costJobs } from '#server/governance/cost/jobs.ts';
import { telemetryJobs } from '#server/governance/observability/jobs.ts';
import { proposalJobs } from '#server/governance/reasoner/jobs.ts';
import { riskJobs } from '#server/governance/risk/jobs.ts';
import { simulationJobs } from '#server/governance/simulation/jobs.ts';
import { alertJobs } from '#server/platform/alerts/jobs.ts';
import { environmentJobs } from '#server/platform/environment/jobs.ts';
import { notificationJobs } from '#server/platform/notifications/jobs.ts';
import { auditJobs } from '#server/policy/auditor/jobs.ts';
import { syncJobs } from '#server/policy/sync/jobs.ts';

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
  ...syncJobs,
  ...auditJobs,
  ...failoverJobs,
  ...replicationJobs,
  ...telemetryJobs,
];
