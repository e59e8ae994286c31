import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'risk:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  /** Rules are of the whole installation: people change them, no token of a tenant. */
  'risk:write': ['admin', 'operator'],
  'incident:write': ['admin', 'operator', 'service'],
});
