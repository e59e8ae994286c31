import { expect, it } from 'vitest';
import type { Readiness } from '#server/federation/edge-routing/schema.ts';
import { chosenPair } from './by-readiness.ts';

const pair = (from: string, to: string, state: Readiness['state']): Readiness => ({
  ...{ from, to, state, ready: state === 'ready', verdict: '', rows: [], refused: [] },
  ...{ lagBytes: null, lagSeconds: null, simulated: true, at: '' },
});

it('a pair that is asked for and is not there is not replaced by another one', () => {
  const matrix = [pair('a', 'b', 'unknown'), pair('b', 'a', 'ready')];
  expect(chosenPair(matrix, null)).toBe(matrix[1]);
  expect(chosenPair(matrix, 'a.b')).toBe(matrix[0]);
  expect(chosenPair(matrix, 'nope.nowhere')).toBeUndefined();
  expect(chosenPair([], null)).toBeUndefined();
});
