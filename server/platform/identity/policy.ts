import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

const people = ['admin', 'operator', 'approver', 'auditor'] as const;

definePermissions({
  'self:read': [...people, 'guest', 'service', 'anonymous', 'simulation', 'tenant'],
  'self:write': people,
  'user:read': ['admin', 'auditor'],
  'user:write': ['admin'],
});

declareApprovalPolicy({
  id: 'user.grant_admin',
  title: 'Give somebody the role of administrator',
  procedures: ['identity.create', 'identity.update'],
  when: { grantsAdmin: [true] },
  asked: 'When somebody becomes an administrator',
  terms: oneApprover,
});
