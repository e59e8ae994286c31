import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diffJson } from './diff.ts';

it('names what was added, removed, changed and kept, by path', () => {
  expect(
    diffJson({ a: 1, b: { c: 2, d: [1] }, gone: true }, { a: 1, b: { c: 3, d: [1] }, fresh: null }),
  ).toEqual([
    { path: 'a', kind: 'same', before: 1, after: 1 },
    { path: 'b.c', kind: 'changed', before: 2, after: 3 },
    { path: 'b.d', kind: 'same', before: [1], after: [1] },
    { path: 'gone', kind: 'removed', before: true },
    { path: 'fresh', kind: 'added', after: null },
  ]);
});

it('finds no difference between equal values', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value =>
      diffJson(value, structuredClone(value)).every(line => line.kind === 'same'),
    ),
  );
});
