import { definePermissions } from '#kernel/authz/authz.ts';

const people = ['admin', 'operator', 'approver', 'auditor', 'guest'] as const;

definePermissions({
  'mfa:own': people,
  'mfa:drop': ['admin'],
  'passkey:ask': [...people, 'anonymous'],
});
