import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'environment:read': ['admin', 'operator', 'auditor', 'approver'],
  'environment:check': ['admin', 'operator'],
  'metrics:read': ['admin', 'operator', 'auditor', 'service'],
});
