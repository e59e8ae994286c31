import { expect, it } from 'vitest';
import { perMinute } from './rules.ts';

it('tells a minute without runs from a minute that nobody counted', () => {
  const now = new Date('2026-01-01T00:05:30Z');
  const points = perMinute([{ minute: '2026-01-01T00:02:00.000Z', runs: 4 }], now, 5);
  expect(points.map(p => p.value)).toEqual([null, 4, 0, 0, 0]);
  expect(perMinute([], now, 2).map(p => p.value)).toEqual([null, null]);
});
