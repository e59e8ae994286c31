import { z } from 'zod';
import { listInput, listOutput } from '#kernel/trpc/list.ts';

export const signInInput = z.strictObject({
  name: z.string().trim().toLowerCase().min(1).max(60),
  password: z.string().min(1).max(200),
  code: z.string().trim().max(40).optional(),
});
export type SignInInput = z.output<typeof signInInput>;

export const sessionRow = z.object({
  id: z.uuid(),
  userId: z.uuid(),
  userName: z.string(),
  createdAt: z.string(),
  lastSeenAt: z.string(),
  expiresAt: z.string(),
  mfaAt: z.string().nullable(),
  ip: z.string(),
  userAgent: z.string(),
  current: z.boolean(),
});
export type SessionListRow = z.output<typeof sessionRow>;
export const listSessionsInput = listInput(['lastSeenAt', 'createdAt', 'userName'], {});
export type ListSessionsInput = z.output<typeof listSessionsInput>;
export const sessionList = listOutput(sessionRow);
export const sessionRef = z.strictObject({ id: z.uuid() });
