import { type Preferences, tablePreference, tourProgress } from './schema.ts';

/** Rows as they were kept, perhaps by an older version: what does not fit any more counts as not kept. */
export function preferencesOf(rows: readonly { key: string; value: unknown }[]): Preferences {
  const tables: Preferences['tables'] = {};
  let tour: Preferences['tour'] = { state: 'unseen', step: 0 };
  for (const { key, value } of rows) {
    if (key === 'tour') tour = tourProgress.safeParse(value).data ?? tour;
    else if (key.startsWith('table:')) {
      const fits = tablePreference.safeParse(value);
      if (fits.success) tables[key.slice('table:'.length)] = fits.data;
    }
  }
  return { tables, tour };
}
