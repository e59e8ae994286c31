import { definePermissions } from '#kernel/authz/authz.ts';

const people = ['admin', 'operator', 'approver'] as const;

definePermissions({
  'approval:read': [...people, 'auditor', 'service', 'simulation'],
  'approval:request': ['admin', 'operator', 'service', 'simulation'],
  /** May decide at all; each request's own expression says who counts. */
  'approval:decide': people,
  'approval:policy': ['admin'],
  /** The token itself says who decided: whoever carries it may hand it in. */
  'approval:token': [...people, 'auditor', 'service', 'tenant', 'simulation', 'anonymous'],
});
