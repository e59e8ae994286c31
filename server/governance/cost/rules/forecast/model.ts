import type { ModelName } from '../../schema.ts';

export type { ModelName };

/** One way to look ahead: fitted to what was, asked for what comes. */
export interface Fit {
  /** One step ahead, at each point of the history; NaN where the model had not begun. */
  fitted: readonly number[];
  forecast(horizon: number): number[];
}

export interface Season {
  /** Seasonal periods in steps, shortest first; empty where nothing repeats. */
  periods: readonly number[];
  /** Instant of the first value, and the length of a step: for effects of the calendar. Absent where it has none. */
  calendar?: { start: number; stepMs: number };
}

export interface Model {
  name: ModelName;
  /** Null where the history is too short for it. */
  fit(history: readonly number[], season: Season): Fit | null;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
export const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;
export const last = (values: readonly number[]): number => at(values, values.length - 1);
