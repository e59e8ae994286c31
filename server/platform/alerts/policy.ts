import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'control:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'control:run': ['admin', 'operator'],
});
