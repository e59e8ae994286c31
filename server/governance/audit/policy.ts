import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'audit:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'audit:export': ['admin', 'auditor', 'service'],
  'audit:write': ['admin', 'operator', 'approver', 'service'],
  'ledger:read': ['admin', 'operator', 'approver', 'auditor'],
  'ledger:manage': ['admin'],
});
