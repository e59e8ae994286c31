import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'replication:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'replication:write': ['admin', 'operator', 'service'],
});

declareApprovalPolicy({
  id: 'replication.create',
  title: 'Let data of a production region or tenant leave its region',
  procedures: ['replication.create'],
  when: { production: [true] },
  asked: 'For a production region or tenant, and whenever personal columns leave as they are',
  terms: oneApprover,
});
