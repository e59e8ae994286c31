import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'key:read': ['admin', 'operator', 'approver', 'auditor'],
  'key:write': ['admin'],
  'key:public': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation', 'anonymous'],
});
