import { z } from 'zod';

export const kinds = ['approval', 'alert', 'security', 'system'] as const;
export const severities = ['info', 'warning', 'critical'] as const;
export const channels = ['slack', 'telegram', 'mail', 'webhook'] as const;
export const outcomes = ['decided', 'expired', 'withdrawn'] as const;
export type Kind = (typeof kinds)[number];
export type Severity = (typeof severities)[number];
export type Channel = (typeof channels)[number];
export type Outcome = (typeof outcomes)[number];

/** A path of this console, never an address: `//` and backslashes would lead elsewhere. */
const consolePath = z
  .string()
  .max(500)
  .regex(/^\/(?![/\\])[^\\\s]*$/, 'A path of the console, beginning with one slash.');

const line = z.strictObject({ label: z.string().min(1).max(60), value: z.string().max(500) });

const audience = z
  .strictObject({
    users: z.array(z.string().min(1).max(100)).max(200).optional(),
    roles: z.array(z.string().min(1).max(40)).max(10).optional(),
  })
  .refine(to => (to.users?.length ?? 0) + (to.roles?.length ?? 0) > 0, 'Name at least one reader.');

/** What a system asks to be told. It leaves the console, so it carries no secrets and no personal data. */
export const messageInput = z.strictObject({
  /** Messages about one matter: retired together when it is settled. */
  groupKey: z.string().min(1).max(200),
  kind: z.enum(kinds),
  severity: z.enum(severities),
  title: z.string().min(1).max(200),
  lines: z.array(line).max(20),
  link: consolePath,
  expiresAt: z.iso.datetime().optional(),
  to: audience,
});
export type Message = z.output<typeof messageInput>;

export const acceptPayload = z.strictObject({ id: z.uuid(), message: messageInput });
export const retirePayload = z.strictObject({
  id: z.uuid(),
  groupKey: z.string().min(1).max(200),
  outcome: z.enum(outcomes),
});
