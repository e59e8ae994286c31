import { expect, it } from 'vitest';
import { nextRange } from './pulling.ts';
import { type Reach, reached } from './reach.ts';

const step = 15_000;
const minute = 60_000;
const range = (start: number, end: number, front = true) => ({ start: start * step, end: end * step, front });
const at = (...steps: number[]) => ({ instants: steps.map(n => n * step), regions: ['eu'] });
const nothing = { instants: [], regions: [] };
const known = (steps: number, quietSince: number | null = null): Reach => ({
  knownTo: steps * step,
  regions: ['eu'],
  quietSince,
});
const fresh: Reach = { knownTo: null, regions: [], quietSince: null };

it('asks for at most ten minutes at once and an hour back', () => {
  const now = 100 * minute;
  expect(nextRange(null, now)).toEqual({ start: now, end: now, front: true });
  expect(nextRange(now, now + 14_999)).toBeNull();
  expect(nextRange(now - 20 * minute, now)).toEqual({
    start: now - 20 * minute + step,
    end: now - 10 * minute,
    front: false,
  });
  expect(nextRange(0, now)?.start).toBe(now - 60 * minute);
});

it.each([
  ['a first answer', fresh, range(4, 4), at(4), known(5), []],
  ['one after the other', known(5), range(5, 6), at(5, 6), known(7), []],
  ['a stretch that was not asked for', known(5), range(8, 9), at(8, 9), known(10), [[5, 8]]],
  ['a hole within an answer', known(5), range(5, 8), at(5, 8), known(9), [[6, 8]]],
  ['the end is missing', known(5), range(5, 8), at(5, 6), known(7, 9 * step), []],
  ['nothing, though more is to come', known(5), range(5, 8, false), nothing, known(5), []],
  ['nothing, for the first time', known(5), range(5, 8), nothing, known(5, 9 * step), []],
  ['nothing again', known(5, 7 * step), range(5, 8), nothing, known(5, 7 * step), []],
  ['something again', known(5, 7 * step), range(8, 8), at(8), known(9), [[5, 8]]],
  [
    'nothing of what never brought anything',
    fresh,
    range(5, 8),
    nothing,
    { ...fresh, knownTo: 9 * step },
    [],
  ],
])('%s', (_name, before, asked, answer, after, gaps) => {
  const given = reached(before, asked, answer, 9 * step);
  expect(given.reach).toEqual(after);
  expect(given.gaps.map(gap => [gap.since / step, gap.until / step])).toEqual(gaps);
});

it('takes what brings nothing for an hour for something that has nothing', () => {
  const since = 9 * step;
  const before = known(5, since);
  expect(reached(before, range(240, 244), nothing, since + 60 * minute - 1).reach).toEqual(before);
  expect(reached(before, range(245, 249), nothing, since + 60 * minute)).toEqual({
    reach: { knownTo: 250 * step, regions: [], quietSince: null },
    gaps: [{ since: 5 * step, until: since, regions: ['eu'] }],
  });
});

it('knows only the hour that it asked for of what was not pulled between two empty answers', () => {
  const first = reached(known(5), range(5, 5), nothing, 5 * step).reach;
  const later = 5 * step + 70 * minute;
  expect(reached(first, { ...range(0, 285), start: later - 10 * minute }, nothing, later)).toEqual({
    reach: { knownTo: 286 * step, regions: [], quietSince: null },
    gaps: [{ since: 5 * step, until: later - 60 * minute, regions: ['eu'] }],
  });
  const pulled = reached(first, range(245, 245), nothing, 5 * step + 60 * minute);
  expect(pulled.gaps).toEqual([]);
});
