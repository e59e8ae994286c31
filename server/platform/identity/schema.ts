import { z } from 'zod';
import type { roles } from '#kernel/authz/permission.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';

export const userRoles = [
  'admin',
  'operator',
  'approver',
  'auditor',
] as const satisfies readonly (typeof roles)[number][];
export type UserRole = (typeof userRoles)[number];
export const userStates = ['active', 'suspended'] as const;

export const userName = z
  .string()
  .trim()
  .toLowerCase()
  .min(2, 'At least two characters.')
  .max(60)
  .regex(/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/, 'Use a–z, 0–9, dot, hyphen and underscore.');
const displayName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine(text => !/\p{Cc}|\p{Cf}/u.test(text), 'Control and invisible characters are not accepted.');
const roleList = z.array(z.enum(userRoles)).min(1, 'Give at least one role.').max(userRoles.length);

/** Length is what counts (NIST SP 800-63B); composition rules only make passwords worse. */
export const newPassword = z.string().min(12, 'At least 12 characters.').max(200, 'At most 200 characters.');

export const createUserInput = z.strictObject({
  name: userName,
  displayName,
  roles: roleList,
  email: z.email().max(200).optional(),
});
export type CreateUserInput = z.output<typeof createUserInput>;
export const updateUserInput = z.strictObject({
  id: z.uuid(),
  version: z.int().min(1),
  displayName: displayName.optional(),
  roles: roleList.optional(),
  email: z.email().max(200).optional(),
});
export type UpdateUserInput = z.output<typeof updateUserInput>;
export const userRef = z.strictObject({ id: z.uuid() });
export const userReason = z.strictObject({
  id: z.uuid(),
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
/** Field names that the log's redactor knows, should an input ever be logged. */
export const changePasswordInput = z.strictObject({ currentPassword: z.string().max(200), newPassword });

export const userRow = z.object({
  id: z.uuid(),
  name: z.string(),
  displayName: z.string(),
  roles: z.array(z.string()),
  state: z.enum(userStates),
  mfa: z.boolean(),
  lockedUntil: z.string().nullable(),
  lastSeenAt: z.string().nullable(),
  version: z.int(),
  createdAt: z.string(),
});
export type UserRow = z.output<typeof userRow>;
export const withPassword = z.object({ user: userRow, password: z.string() });

export const listUsersInput = listInput(['name', 'displayName', 'createdAt', 'lastSeenAt'], {
  state: facet(userStates),
  role: facet(userRoles),
});
export type ListUsersInput = z.output<typeof listUsersInput>;
export const listUsersOutput = listOutput(userRow);

export const me = z.object({
  kind: z.string(),
  id: z.string(),
  name: z.string(),
  displayName: z.string(),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
  mfa: z.object({ enrolled: z.boolean(), at: z.string().nullable() }),
  mustChangePassword: z.boolean(),
  /** Not where a provider opened the account. */
  hasPassword: z.boolean(),
  sessionId: z.string().nullable(),
});
export type Me = z.output<typeof me>;
