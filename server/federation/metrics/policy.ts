import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'metrics:query': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
});
