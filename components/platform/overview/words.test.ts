import { expect, it } from 'vitest';
import { duration, many, needLook, notKept } from './words.ts';

it.each([
  [['P4'], 'P4 is not kept'],
  [['P4', 'P5'], 'P4 and P5 are not kept'],
  [['P1', 'P4', 'P5'], 'P1, P4, and P5 are not kept'],
])('says of %j that %s', (policies, words) => expect(notKept(policies)).toBe(words));

it.each([
  [[1], 'needs a look'],
  [[2], 'need a look'],
  [[1, 1], 'need a look'],
])('says of counts %j that they %s', (counts, words) =>
  expect(needLook(counts.map(n => ({ n })))).toBe(words),
);

it.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [2000, '2 s'],
  [2340, '2.3 s'],
])('says %d ms as %s', (ms, words) => expect(duration(ms)).toBe(words));

it('counts one and many', () => {
  expect(many(1, 'stream', 'streams')).toBe('1 stream');
  expect(many(1200, 'stream', 'streams')).toBe('1,200 streams');
});
