import { expect, it } from 'vitest';
import { figure, tableOf } from './points.ts';

it('leaves a gap where nothing was measured, and where the value is no number', () => {
  const { series, rows } = tableOf(
    {
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'up', region: 'eu', job: 'a', simulated: 'true' },
          values: [
            [0, '1'],
            [30, 'NaN'],
            [45, '2'],
          ],
        },
      ],
      warnings: [],
      infos: [],
      regions: [],
    },
    0,
    45,
    15,
  );
  expect(rows.map(row => row.s0)).toEqual([1, null, null, 2]);
  expect(series).toEqual([{ id: 's0', region: 'eu', label: 'up{job="a"}', latest: '2' }]);
});

it.each([
  ['0.38912727272727277', '0.38913'],
  ['0.2805', '0.28050'],
  ['1234567', '1,234,567'],
  ['1234.5', '1,234.50'],
  ['NaN', 'NaN'],
  ['+Inf', '+Inf'],
])('shows %s as %s', (value, words) => expect(figure(value)).toBe(words));
