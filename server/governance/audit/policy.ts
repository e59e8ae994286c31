import { definePermissions } from '#kernel/authz/authz.ts';

export const auditPermissions = definePermissions({
  'audit:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant'],
});
