import { definePermissions } from '#kernel/authz/authz.ts';

const people = ['admin', 'operator', 'approver', 'auditor'] as const;

definePermissions({
  'preference:read': people,
  'preference:write': people,
});
