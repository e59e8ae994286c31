import { definePermissions } from '#kernel/authz/authz.ts';

const people = ['admin', 'operator', 'approver', 'auditor'] as const;

definePermissions({
  'self:read': [...people, 'guest', 'service', 'anonymous', 'simulation', 'tenant'],
  'self:write': people,
  'user:read': ['admin', 'auditor'],
  'user:write': ['admin'],
});
