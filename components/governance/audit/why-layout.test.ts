import { expect, it } from 'vitest';
import { placeNodes } from './why-layout.ts';

const nodes = ['a', 'b', 'c', 'd'].map(uid => ({ uid }));
const columns = (edges: [string, string][]) =>
  Object.fromEntries(
    placeNodes(
      nodes,
      edges.map(([from, to]) => ({ from, to })),
    ).map(p => [p.uid, p.x / 260]),
  );

it('places an effect behind its last cause', () => {
  expect(
    columns([
      ['a', 'b'],
      ['b', 'c'],
      ['a', 'c'],
      ['c', 'd'],
    ]),
  ).toEqual({ a: 0, b: 1, c: 2, d: 3 });
});
it('puts what is at the same step one below the other', () => {
  const placed = placeNodes(nodes, [
    { from: 'a', to: 'b' },
    { from: 'a', to: 'c' },
    { from: 'a', to: 'd' },
  ]);
  expect(new Set(placed.map(p => `${p.x},${p.y}`)).size).toBe(4);
});
it('comes to an end where the links run in a circle', () => {
  expect(
    Object.values(
      columns([
        ['a', 'b'],
        ['b', 'a'],
      ]),
    ).every(x => x < 4),
  ).toBe(true);
});
