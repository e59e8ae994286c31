import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'report:read': ['admin', 'operator', 'approver', 'auditor'],
  'report:write': ['admin', 'operator'],
});
