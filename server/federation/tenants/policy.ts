import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'tenant:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'tenant:write': ['admin', 'operator', 'service', 'simulation'],
});
