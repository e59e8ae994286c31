import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'relay:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'relay:admit': ['admin', 'operator'],
  'relay:invite': ['admin'],
});

declareApprovalPolicy({
  id: 'relay.admit',
  title: 'Admit a relay into the mesh',
  procedures: ['relays.admit'],
  when: { production: [true] },
  asked: 'In production',
  terms: oneApprover,
});
