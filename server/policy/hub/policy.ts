import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'policy:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'policy:write': ['admin', 'operator', 'service', 'tenant', 'simulation'],
});

declareApprovalPolicy({
  id: 'policy.publish',
  title: 'Publish a policy',
  procedures: ['policies.publish', 'policies.rollback'],
  when: { reach: ['production'] },
  asked: 'In production, or for every tenant outside of the simulated world',
  terms: { ...oneApprover, ttlMinutes: 8 * 60, remindMinutes: 60, escalateMinutes: 2 * 60 },
});

declareApprovalPolicy({
  id: 'policy.revoke',
  title: 'Revoke a policy everywhere',
  procedures: ['policies.revoke'],
  when: { reach: ['production'] },
  asked: 'In production, or for every tenant outside of the simulated world',
  terms: { ...oneApprover, ttlMinutes: 60, remindMinutes: 10, escalateMinutes: 20 },
});
