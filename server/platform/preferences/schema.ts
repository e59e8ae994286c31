import { z } from 'zod';

const columnId = z.string().min(1).max(60);
export const tableId = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'The name of a table: a–z, 0–9 and hyphens.');

export const tablePreference = z.strictObject({
  hidden: z.array(columnId).max(60).default([]),
  /** Columns as this person put them; what is not named here follows in its usual order. */
  order: z.array(columnId).max(60).default([]),
  dense: z.boolean().default(false),
  views: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1, 'Name the view.').max(60),
        query: z.string().max(2000),
      }),
    )
    .max(30, 'At most 30 views a table.')
    .default([]),
});
export type TablePreference = z.output<typeof tablePreference>;

export const tourStates = ['unseen', 'open', 'later', 'done'] as const;
export const tourProgress = z.strictObject({
  state: z.enum(tourStates),
  step: z.int().min(0).max(50).default(0),
});
export type TourProgress = z.output<typeof tourProgress>;

export const saveTableInput = z.strictObject({ table: tableId, value: tablePreference });
export const preferences = z.object({
  tables: z.record(z.string(), tablePreference),
  tour: tourProgress,
});
export type Preferences = z.output<typeof preferences>;
