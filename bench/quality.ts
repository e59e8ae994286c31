import type { Row } from './measure.ts';
import { m4Hourly } from './quality/m4.ts';
import { nab } from './quality/nab.ts';

/** How good the models are, by data that others published and measures that others defined. */
export async function quality(rows: Row[]): Promise<void> {
  await nab(rows);
  m4Hourly(rows);
}
