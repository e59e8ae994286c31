import { z } from 'zod';

export const auditEntry = z.object({
  uid: z.uuid(),
  at: z.string(),
  type: z.string(),
  actor: z.string(),
  target: z.string().nullable(),
  tenantId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  /** What the entry says, in words. */
  sentence: z.string(),
  /** Position in the tree; null while only promised. */
  index: z.int().nullable(),
});
export type AuditEntry = z.output<typeof auditEntry>;

export const listEntriesInput = z.strictObject({
  /** `kind:id` */
  target: z.string().max(200).optional(),
  type: z.string().max(100).optional(),
  /** Also what the console notes about itself all the time. */
  routine: z.boolean().default(false),
  /** Entries older than this one. */
  before: z.uuid().optional(),
  limit: z.int().min(1).max(200).default(50),
});
export type ListEntriesInput = z.output<typeof listEntriesInput>;
export const entryList = z.object({ rows: z.array(auditEntry), next: z.uuid().nullable() });
