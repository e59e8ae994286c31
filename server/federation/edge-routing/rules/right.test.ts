import { describe, expect, it } from 'vitest';
import { type RoleRow, rightsOf } from './right.ts';
import { type Candidate, rankRegions, readOnlyOf } from './route.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const role = (region: string, more: Partial<RoleRow> = {}): RoleRow => ({
  ...{ region, writes: false, fencing: false, epoch: 4, unknownSince: null, looked: true },
  ...{ heardAt: new Date(now - 1_000).toISOString(), ...more },
});
const candidate = (region: string, right: Candidate['right'], more: Partial<Candidate> = {}): Candidate => ({
  ...{ region, country: null, lat: 50, lon: 8, state: 'active', simulated: false, home: false },
  ...{ load: null, price: null, refused: null, denied: null, right, ...more },
});
const route = (roles: RoleRow[], carries = true, us: Partial<Candidate> = {}) => {
  const rights = rightsOf(roles, [{ from: 'eu', to: 'us', carries }], now);
  const of = (name: string) => rights.get(name) ?? null;
  const ranked = rankRegions(
    [
      candidate('eu', of('eu'), { home: true }),
      candidate('us', of('us'), { lat: 20, ...us }),
      candidate('other', of('other'), { lat: 45 }),
    ],
    { lat: 50, lon: 8 },
  );
  const chosen = ranked.find(r => r.kept);
  return {
    order: ranked.filter(r => r.kept).map(r => r.region),
    said: ranked.find(r => r.region === 'eu')?.reasons.find(r => r.startsWith('right')),
    right: ranked.find(r => r.region === 'eu')?.right,
    readOnly: readOnlyOf(chosen, ranked, of(chosen?.region ?? '')),
  };
};
const writer = { writes: true };

describe('a route and the right to write', () => {
  it('leads to the writer and then to who follows it; a region without a role keeps its place', () => {
    expect(route([role('eu'), role('us', writer)])).toMatchObject({
      order: ['other', 'us', 'eu'],
      said: 'right to write: it may only be read: us writes for eu since epoch 4',
      right: 'refuses',
    });
    expect(route([role('eu', writer), role('us')])).toMatchObject({
      ...{ order: ['eu', 'other', 'us'], right: 'writes', readOnly: null },
    });
    expect(route([])).toMatchObject({ order: ['eu', 'other', 'us'], right: null, readOnly: null });
  });

  it('stays where the rows are, and says so, where the writer has none of this tenant', () => {
    const { order, said, readOnly } = route([role('eu'), role('us', writer)], false);
    expect(order[0]).toBe('eu');
    expect(said).toContain('holds no rows of this tenant');
    expect(readOnly).toBe(said);
  });

  it('never leads to a writer that is not allowed: what is left may only be read, with both reasons', () => {
    const { order, readOnly } = route([role('eu'), role('us', writer)], true, { refused: 'eu only' });
    expect(order).toEqual(['eu', 'other']);
    expect(readOnly).toContain('us writes for eu since epoch 4; us is not kept (residency: eu only)');
  });

  it('says a lease that lapsed, a failover under way, and a role that is not known', () => {
    const silent = { ...writer, looked: false, heardAt: new Date(now - 60_000).toISOString() };
    expect(route([role('eu', silent), role('us')])).toMatchObject({
      ...{ right: 'refuses', said: expect.stringContaining('its lease has lapsed') },
      order: ['eu', 'other', 'us'],
    });
    expect(route([role('eu', { ...writer, fencing: true }), role('us')]).said).toContain('is taking it away');
    expect(route([role('eu', { ...writer, looked: null, heardAt: null }), role('us')]).right).toBe('writes');
    expect(route([role('eu', { unknownSince: 'x' }), role('us', { unknownSince: 'x' })])).toMatchObject({
      ...{ right: 'unknown', order: ['eu', 'other', 'us'] },
      readOnly: expect.stringContaining('not known'),
    });
  });
});
