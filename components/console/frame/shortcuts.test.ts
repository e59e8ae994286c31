import { expect, it } from 'vitest';
import { goesTo } from './shortcuts.ts';

const targets = new Map([['r', '/federation/regions']]);
it('goes on g then a known letter, soon enough', () => {
  expect(goesTo({ key: 'g', at: 0 }, 'r', 800, targets)).toBe('/federation/regions');
  expect(goesTo({ key: 'g', at: 0 }, 'r', 1600, targets)).toBeNull();
  expect(goesTo({ key: 'x', at: 0 }, 'r', 10, targets)).toBeNull();
  expect(goesTo({ key: 'g', at: 0 }, 'q', 10, targets)).toBeNull();
  expect(goesTo(null, 'r', 10, targets)).toBeNull();
});
