import { expect, it } from 'vitest';
import { nextRun } from './schedule.ts';

it.each([
  ['* * * * *', '2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z'],
  ['*/10 * * * *', '2026-01-01T00:09:59.999Z', '2026-01-01T00:10:00.000Z'],
  ['*/10 * * * *', '2026-01-01T23:50:00.000Z', '2026-01-02T00:00:00.000Z'],
  ['0 4 * * 1', '2026-01-01T00:00:00.000Z', '2026-01-05T04:00:00.000Z'],
  ['0 0 29 2 *', '2027-03-01T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
])('%s after %s is %s', (schedule, after, next) => {
  expect(nextRun(schedule, new Date(after))?.toISOString()).toBe(next);
});

it('knows a schedule that never comes', () => {
  expect(nextRun('0 0 31 2 *', new Date('2026-01-01T00:00:00Z'))).toBeNull();
});
