import fc from 'fast-check';
import { expect, it } from 'vitest';
import { moved, ordered } from './order.ts';

const columns = ['name', 'slug', 'state', 'tier'].map(id => ({ id }));
const ids = (order: string[]) => ordered(columns, order).map(c => c.id);

it('follows the person, and lets new columns stand where they come', () => {
  expect(ids([])).toEqual(['name', 'slug', 'state', 'tier']);
  expect(ids(['tier', 'state', 'slug', 'name'])).toEqual(['tier', 'state', 'slug', 'name']);
  expect(ids(['state', 'name'])).toEqual(['state', 'tier', 'name', 'slug']);
  expect(ids(['gone', 'tier'])).toEqual(['name', 'slug', 'state', 'tier']);
});

it('shows every column exactly once, whatever was kept', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('name', 'slug', 'state', 'tier', 'gone')), kept => {
      expect(ids([...new Set(kept)]).sort()).toEqual(['name', 'slug', 'state', 'tier']);
    }),
  );
});

it('moves one and keeps the others in their order', () => {
  expect(moved(['a', 'b', 'c'], 'a', 2)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b', 'c'], 'c', -1)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b', 'c'], 'x', 0)).toEqual(['a', 'b', 'c']);
  fc.assert(
    fc.property(fc.integer({ min: -2, max: 6 }), fc.constantFrom('a', 'b', 'c'), (to, id) => {
      const after = moved(['a', 'b', 'c'], id, to);
      expect(after.filter(x => x !== id)).toEqual(['a', 'b', 'c'].filter(x => x !== id));
      expect(after).toHaveLength(3);
    }),
  );
});
