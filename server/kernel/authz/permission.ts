/** Roles people and services hold, and the pseudo-roles of principals that hold none. */
export const roles = ['admin', 'operator', 'approver', 'auditor', 'service'] as const;
export type Role = (typeof roles)[number];
/** `guest` is a person without a role: somebody a provider vouches for, and nobody here has given rights to. */
export type Holder = Role | 'guest' | 'tenant' | 'simulation' | 'anonymous' | 'system';

export type Permission = `${string}:${string}`;
export type PermissionTable = Record<Permission, readonly Holder[]>;
