import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'region:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'region:register': ['admin', 'operator', 'service', 'simulation'],
});
