import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'policy:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'policy:write': ['admin', 'operator', 'service', 'tenant', 'simulation'],
});
