import { z } from 'zod';

/** What a command answers instead of its result when somebody has to agree first. */
export const approvalRequired = z.object({
  status: z.literal('approval_required'),
  requestId: z.uuid(),
});
export type ApprovalRequired = z.output<typeof approvalRequired>;
