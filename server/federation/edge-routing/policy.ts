import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'route:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'failover:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'failover:write': ['admin', 'operator', 'service'],
});

declareApprovalPolicy({
  id: 'region.failover',
  title: 'Fail a region over to another one, or say who writes',
  procedures: ['edgeRouting.execute', 'edgeRouting.decide'],
  when: { dry: [false] },
  asked: 'Always, unless it is a dry run',
  terms: { ...oneApprover, ttlMinutes: 60, remindMinutes: 5, escalateMinutes: 10, releaseMinutes: 15 },
});
