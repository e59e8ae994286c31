import type { Row } from './measure.ts';
import { m4Hourly } from './quality-m4.ts';

/** How good the models are, by data that others published and measures that others defined. */
export function quality(rows: Row[]): void {
  m4Hourly(rows);
}
