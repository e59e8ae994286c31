import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'region:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'region:register': ['admin', 'operator', 'service', 'simulation'],
});

declareApprovalPolicy({
  id: 'region.admit',
  title: 'Admit a production region',
  procedures: ['regions.register'],
  when: { production: [true] },
  asked: 'For a production region',
  terms: oneApprover,
});
