import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'tenant:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'tenant:write': ['admin', 'operator', 'service', 'simulation'],
});

declareApprovalPolicy({
  id: 'tenant.suspend',
  title: 'Suspend a production tenant',
  procedures: ['tenants.suspend'],
  when: { production: [true] },
  asked: 'For a production tenant',
  terms: oneApprover,
});
