import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'cost:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'cost:import': ['admin', 'operator', 'service'],
  'cost:budget': ['admin', 'operator', 'tenant'],
});
