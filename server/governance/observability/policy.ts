import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'telemetry:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'telemetry:write': ['admin', 'operator', 'service', 'tenant', 'simulation'],
  /** Turns a token back into what it stands for. */
  'telemetry:reveal': ['admin', 'tenant'],
  /** Sources and partitions are the installation's, not a tenant's. */
  'telemetry:sources': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
});
