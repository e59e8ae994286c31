import type { UserRole } from '#server/platform/identity/schema.ts';

export const roleWords: Record<UserRole, { label: string; may: string }> = {
  admin: { label: 'Administrator', may: 'Users, roles, tokens and everything an operator may.' },
  operator: { label: 'Operator', may: 'Sees everything and acts.' },
  approver: { label: 'Approver', may: 'Decides on what waits for approval.' },
  auditor: { label: 'Auditor', may: 'Reads everything, changes nothing.' },
};
export const userRoleNames = Object.keys(roleWords) as UserRole[];

const noRole = 'No role yet';

export const roleLabel = (role: string): string =>
  role === 'guest' ? noRole : role in roleWords ? roleWords[role as UserRole].label : role;
