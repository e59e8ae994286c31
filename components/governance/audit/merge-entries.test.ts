import { describe, expect, it } from 'vitest';
import { byDay, merged } from './merge-entries.ts';

const rows = (...ids: string[]) => ids.map(uid => ({ uid }));
const ids = (list: { uid: string }[]) => list.map(r => r.uid).join('');

describe('the newest page over what is shown', () => {
  it('puts new rows on top and keeps older ones', () =>
    expect(ids(merged(rows('c', 'b', 'a'), rows('d', 'c', 'b'), 3, false).rows)).toBe('dcba'));
  it('takes what changed of a row that is shown', () => {
    const { rows: out } = merged(
      [{ uid: 'a', index: null as number | null }],
      [{ uid: 'a', index: 7 }],
      3,
      true,
    );
    expect(out).toEqual([{ uid: 'a', index: 7 }]);
  });
  it('starts anew where entries in between are missing', () =>
    expect(merged(rows('b', 'a'), rows('z', 'y'), 2, false)).toMatchObject({
      restarted: true,
      rows: rows('z', 'y'),
    }));
  it('lets new rows wait while paused, and counts them', () =>
    expect(merged(rows('b', 'a'), rows('d', 'c', 'b'), 3, true)).toEqual({
      rows: rows('b', 'a'),
      waiting: 2,
      restarted: false,
    }));
});

it('puts a heading before each day', () => {
  const at = (uid: string, time: string) => ({ uid, at: time });
  const items = byDay([
    at('b', '2026-11-21T00:00:01Z'),
    at('a', '2026-11-20T23:59:59Z'),
    at('0', '2026-11-20T01:00:00Z'),
  ]);
  expect(items.map(i => (i.kind === 'day' ? i.day : i.row.uid))).toEqual([
    '2026-11-21',
    'b',
    '2026-11-20',
    'a',
    '0',
  ]);
});
