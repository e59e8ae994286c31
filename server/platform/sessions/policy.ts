import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'session:own': ['admin', 'operator', 'approver', 'auditor', 'guest'],
  'session:all': ['admin'],
});
