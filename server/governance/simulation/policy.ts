import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'simulation:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'simulation:run': ['admin', 'operator', 'service', 'simulation'],
  'fault:inject': ['admin', 'operator', 'service', 'simulation'],
});
