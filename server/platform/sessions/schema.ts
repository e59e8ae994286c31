import { z } from 'zod';
import { assertion } from '../mfa/schema.ts';

export const signInInput = z.strictObject({
  name: z.string().trim().toLowerCase().min(1).max(60),
  password: z.string().min(1).max(200),
  code: z.string().trim().max(40).optional(),
});
export type SignInInput = z.output<typeof signInInput>;

export const passkeySignIn = z.strictObject({ challengeId: z.uuid(), response: assertion });

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
export const sessionList = z.object({ rows: z.array(sessionRow) });
export const sessionRef = z.strictObject({ id: z.uuid() });

export const providerConnection = z.object({
  /** Null where no provider is configured. */
  label: z.string().nullable(),
  issuer: z.string().nullable(),
  connectedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
});
export type ProviderConnection = z.output<typeof providerConnection>;
/** Field name that the log's redactor knows, should an input ever be logged. */
export const connectInput = z.strictObject({ currentPassword: z.string().max(200).optional() });
/** Where the browser goes; it carries a ticket that is good once. */
export const connectAt = z.object({ url: z.string() });
