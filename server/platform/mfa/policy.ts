import { definePermissions } from '#kernel/authz/authz.ts';

export const mfaPermissions = definePermissions({
  'mfa:own': ['admin', 'operator', 'approver', 'auditor'],
});
