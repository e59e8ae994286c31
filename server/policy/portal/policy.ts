import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  /** The portal's public face: no tenant's data, no names of relays. */
  'portal:public': [
    'admin',
    'operator',
    'approver',
    'auditor',
    'service',
    'guest',
    'tenant',
    'simulation',
    'anonymous',
  ],
  'portal:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
});
