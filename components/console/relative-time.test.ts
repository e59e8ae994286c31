import { expect, it } from 'vitest';
import { relativeTime } from './relative-time.ts';

const now = 1_700_000_000_000;
it.each([
  [0, 'just now'],
  [-41, '41 s ago'],
  [-59.9, '59 s ago'],
  [-60, '1 min ago'],
  [-3599, '59 min ago'],
  [-86_400, '1 d ago'],
  [-90 * 86_400, '3 mo ago'],
  [-800 * 86_400, '2 y ago'],
  [540, 'in 9 min'],
])('%d s is "%s"', (seconds, text) => {
  expect(relativeTime(now + seconds * 1000, now)).toBe(text);
});
