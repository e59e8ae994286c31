import { expect, it } from 'vitest';
import { nextIndex } from './keys.ts';

it.each([
  ['j', 0, 1],
  ['k', 0, 0],
  ['ArrowDown', 9, 9],
  ['Home', 5, 0],
  ['End', 0, 9],
  ['PageUp', 3, 0],
  ['x', 3, null],
])('%s from %i leads to %s', (key, from, to) => {
  expect(nextIndex(key, from, 10)).toBe(to);
});
