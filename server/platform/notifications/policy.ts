import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'notification:own': ['admin', 'operator', 'approver', 'auditor'],
  'delivery:read': ['admin', 'operator', 'auditor'],
  'delivery:write': ['admin', 'operator'],
  'channel:read': ['admin', 'operator', 'auditor'],
  'channel:write': ['admin'],
});
