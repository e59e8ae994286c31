import { definePermissions } from '#kernel/authz/authz.ts';

export const tokenPermissions = definePermissions({
  'token:read': ['admin', 'auditor'],
  'token:write': ['admin'],
  'token:tenant': ['admin', 'service'],
});
