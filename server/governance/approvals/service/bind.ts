import type { ApprovalPort } from '#kernel/approvals/port.ts';
import { spendRelease } from '../store/requests.ts';
import { requireApproval } from './ask.ts';

/** What the kernel asks; the root binds it. */
export const approvalPort: ApprovalPort = { require: requireApproval, spend: spendRelease };
