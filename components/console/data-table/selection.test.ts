import { expect, it } from 'vitest';
import { chosenCount, isChosen, nothing, ranged, type Selection, toggled } from './selection.ts';

const page = ['a', 'b', 'c'];
const all: Selection = { ids: new Set(), all: true };

it('ticks and unticks one row', () => {
  const one = toggled(nothing, 'a', page);
  expect([...one.ids]).toEqual(['a']);
  expect(toggled(one, 'a', page).ids.size).toBe(0);
});

it('steps back from everything to the page without the row that was unticked', () => {
  const back = toggled(all, 'b', page);
  expect([...back.ids].sort()).toEqual(['a', 'c']);
  expect(back.all).toBe(false);
});

it('counts what the server counted when everything is meant', () => {
  expect(chosenCount(all, 5213)).toBe(5213);
  expect(isChosen(all, 'never seen')).toBe(true);
  expect(chosenCount(ranged(nothing, ['a', 'b']), 5213)).toBe(2);
  expect(isChosen(nothing, 'a')).toBe(false);
});
