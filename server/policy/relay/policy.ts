import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'relay:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'relay:admit': ['admin', 'operator'],
  'relay:invite': ['admin'],
});
