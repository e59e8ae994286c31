import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'mfa:own': ['admin', 'operator', 'approver', 'auditor'],
});
