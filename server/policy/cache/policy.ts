import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'cache:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
});
