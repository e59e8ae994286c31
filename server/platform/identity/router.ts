import { z } from 'zod';
import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import {
  changePasswordInput,
  createUserInput,
  listUsersInput,
  listUsersOutput,
  me,
  updateUserInput,
  userReason,
  userRef,
  userRow,
  withPassword,
} from './schema.ts';
import {
  addUser,
  changeOwnPassword,
  changeUser,
  listUsers,
  readMe,
  readUser,
  reinstateUser,
  resetPassword,
  suspendUser,
} from './service.ts';

const stepUp = { maxAgeMinutes: 10 };

export const identityRouter = router({
  me: read({ permission: 'self:read', own: true })
    .output(me)
    .query(({ ctx }) => readMe(ctx)),
  changePassword: command({
    permission: 'self:write',
    own: true,
    audit: 'user.password_changed',
    stepUp: { ...stepUp, onlyIfEnrolled: true },
  })
    .input(changePasswordInput)
    .output(me)
    .mutation(({ ctx, input }) => changeOwnPassword(ctx, input)),
  list: read({ permission: 'user:read' })
    .input(listUsersInput)
    .output(listUsersOutput)
    .query(({ ctx, input }) => listUsers(ctx, input)),
  get: read({ permission: 'user:read' })
    .input(userRef)
    .output(userRow)
    .query(({ ctx, input }) => readUser(ctx, input.id)),
  create: command({
    permission: 'user:write',
    audit: ['user.created', 'approval.requested'],
    stepUp,
    risk: 'user.grant_admin',
  })
    .input(createUserInput)
    .output(z.union([withPassword, approvalRequired]))
    .mutation(({ ctx, input }) => addUser(ctx, input)),
  update: command({
    permission: 'user:write',
    audit: ['user.updated', 'approval.requested'],
    stepUp,
    risk: 'user.grant_admin',
  })
    .input(updateUserInput)
    .output(z.union([userRow, approvalRequired]))
    .mutation(({ ctx, input }) => changeUser(ctx, input)),
  suspend: command({ permission: 'user:write', audit: 'user.suspended', stepUp, protects: true })
    .input(userReason)
    .output(userRow)
    .mutation(({ ctx, input }) => suspendUser(ctx, input)),
  reinstate: command({ permission: 'user:write', audit: 'user.reinstated', stepUp })
    .input(userReason)
    .output(userRow)
    .mutation(({ ctx, input }) => reinstateUser(ctx, input)),
  resetPassword: command({ permission: 'user:write', audit: 'user.password_reset', stepUp })
    .input(userRef)
    .output(withPassword)
    .mutation(({ ctx, input }) => resetPassword(ctx, input.id)),
});
