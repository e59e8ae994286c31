import type { ApprovalRequired } from '../schema.ts';

export const waitsForApproval = (result: unknown): result is ApprovalRequired =>
  typeof result === 'object' &&
  result !== null &&
  'status' in result &&
  result.status === 'approval_required';
