import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'job:read': ['admin', 'operator', 'auditor'],
  'job:write': ['admin', 'operator'],
});
