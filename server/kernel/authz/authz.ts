import type { Holder, Permission, PermissionTable } from './permission.ts';

const table = new Map<Permission, readonly Holder[]>();

/**
 * Each system declares its permissions once, in its `policy.ts`; this is the one table that the gate, the navigation
 * and the authorisation matrix test read. `system` (the console's own jobs) holds every permission.
 */
export function definePermissions<const T extends PermissionTable>(permissions: T): T {
  for (const [permission, holders] of Object.entries(permissions) as [Permission, readonly Holder[]][]) {
    const known = table.get(permission);
    if (known && known.join() !== holders.join())
      throw new Error(`Permission ${permission} is declared twice.`);
    table.set(permission, holders);
  }
  return permissions;
}

export function holds(holders: readonly Holder[], permission: Permission): boolean {
  const granted = table.get(permission);
  if (!granted) throw new Error(`Permission ${permission} is not declared by any system.`);
  return holders.some(holder => holder === 'system' || granted.includes(holder));
}

export const permissionsOf = (holders: readonly Holder[]): Permission[] =>
  [...table.keys()].filter(permission => holds(holders, permission)).sort();

export const holdersOf = (permission: Permission): readonly Holder[] => table.get(permission) ?? [];

export const allPermissions = (): Permission[] => [...table.keys()].sort();
