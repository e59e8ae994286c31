import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'recovery:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'recovery:run': ['admin', 'operator', 'service'],
  'recovery:govern': ['admin'],
});
