import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'edgeaudit:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'edgeaudit:run': ['admin', 'operator', 'service', 'simulation'],
});
