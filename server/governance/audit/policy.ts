import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'audit:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant'],
  'ledger:read': ['admin', 'operator', 'approver', 'auditor'],
  'ledger:manage': ['admin'],
});
