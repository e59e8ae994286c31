import { definePermissions } from '#kernel/authz/authz.ts';

const people = ['admin', 'operator', 'approver', 'auditor'] as const;

definePermissions({
  'preference:read': [...people, 'guest'], // every page is drawn with them
  'preference:write': people,
});
