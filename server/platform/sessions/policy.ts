import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'session:own': ['admin', 'operator', 'approver', 'auditor'],
  'session:all': ['admin'],
});
