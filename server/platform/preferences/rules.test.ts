import { expect, it } from 'vitest';
import { preferencesOf } from './rules.ts';

it('reads what fits and forgets what does not', () => {
  const kept = { hidden: ['tier'], order: ['state', 'name'], dense: true, views: [] };
  expect(
    preferencesOf([
      { key: 'table:tenants', value: kept },
      { key: 'table:regions', value: { hidden: 'all' } },
      { key: 'tour', value: { state: 'later', step: 3 } },
      { key: 'colour', value: {} },
    ]),
  ).toEqual({ tables: { tenants: kept }, tour: { state: 'later', step: 3 } });
});

it('begins with a tour nobody has seen', () => {
  expect(preferencesOf([])).toEqual({ tables: {}, tour: { state: 'unseen', step: 0 } });
  expect(preferencesOf([{ key: 'tour', value: { state: 'lost' } }]).tour.state).toBe('unseen');
});
