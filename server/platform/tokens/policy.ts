import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'token:read': ['admin', 'auditor'],
  'token:write': ['admin'],
  'token:tenant': ['admin', 'service'],
});
