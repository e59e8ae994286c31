import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'trust:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'trust:bundle': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation', 'anonymous'],
  'trust:invite': ['admin'],
  // The token and the keys of whoever joins are the proof; other installations have no login here.
  'trust:join': ['admin', 'service', 'simulation', 'anonymous'],
  'trust:admit': ['admin', 'operator'],
  'trust:govern': ['admin'],
});

declareApprovalPolicy({
  id: 'federation.admit',
  title: 'Admit a member into the federation',
  procedures: ['trust.admit'],
  when: {},
  asked: 'Always: two people agree',
  terms: { ...oneApprover, expression: { role: 'approver', count: 2 } },
});

declareApprovalPolicy({
  id: 'federation.govern',
  title: 'Change what may flow in the federation',
  procedures: ['trust.govern'],
  when: { production: [true] },
  asked: 'In production',
  terms: oneApprover,
});
