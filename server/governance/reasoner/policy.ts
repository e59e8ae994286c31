import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'proposal:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'proposal:ask': ['admin', 'operator', 'approver', 'service', 'tenant', 'simulation'],
  'proposal:send': ['admin', 'operator', 'service', 'simulation'],
  'proposal:context': ['admin', 'operator', 'service'],
});
