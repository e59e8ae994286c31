import type { AnyJob } from '#kernel/jobs/declare.ts';
import { kernelJobs } from '#kernel/jobs/housekeeping.ts';
import { approvalJobs } from '#server/governance/approvals/jobs.ts';
import { costJobs } from '#server/governance/cost/jobs.ts';
import { alertJobs } from '#server/platform/alerts/jobs.ts';
import { environmentJobs } from '#server/platform/environment/jobs.ts';
import { notificationJobs } from '#server/platform/notifications/jobs.ts';
import { auditJobs } from '#server/policy/auditor/jobs.ts';
import { syncJobs } from '#server/policy/sync/jobs.ts';

/** Every job of every system. */
export const catalogue: readonly AnyJob[] = [
  ...kernelJobs,
  ...alertJobs,
  ...approvalJobs,
  ...costJobs,
  ...environmentJobs,
  ...notificationJobs,
  ...syncJobs,
  ...auditJobs,
];
