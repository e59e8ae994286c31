import { definePermissions } from '#kernel/authz/authz.ts';

export const sessionPermissions = definePermissions({
  'session:own': ['admin', 'operator', 'approver', 'auditor'],
  'session:all': ['admin'],
});
