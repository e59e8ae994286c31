import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'sync:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'sync:run': ['admin', 'operator', 'service', 'simulation'],
});
