import { describe, expect, it } from 'vitest';
import type { Firing } from './evaluate.ts';
import { correlate, type OpenAlert, type OpenIncident, type OpenState } from './incidents.ts';

const now = Date.UTC(2026, 0, 2);
const minute = 60_000;
const firing = (rule: string, over: Partial<Firing> & { alert?: 'high' | null } = {}): Firing => ({
  rule: {
    id: rule,
    definition: {
      title: rule,
      dimension: 'performance',
      points: 40,
      alert: over.alert === undefined ? 'high' : over.alert,
      when: { kind: 'anomaly', metric: 'cpu', atLeast: 0.5 },
    },
  },
  service: 'a',
  region: null,
  value: 1,
  weight: 40,
  title: rule,
  eventIds: ['e1'],
  simulated: true,
  ...over,
});
const alert = (fingerprint: string, over: Partial<OpenAlert> = {}): OpenAlert => ({
  id: `alert-${fingerprint}`,
  fingerprint,
  incidentId: 'i1',
  lastAt: now - minute,
  eventIds: ['e1'],
  ...over,
});
const incident = (over: Partial<OpenIncident> = {}): OpenIncident => ({
  id: 'i1',
  severity: 'high',
  services: ['a'],
  regions: [],
  dimensions: ['performance'],
  openedAt: now - 10 * minute,
  lastAt: now - minute,
  ...over,
});
const open = (over: Partial<OpenState> = {}): OpenState => ({
  alerts: [],
  incidents: [],
  settled: [],
  ...over,
});

describe('what fires now', () => {
  it('is one alert where it is open already, with what is new of it', () => {
    const plan = correlate(
      [firing('x', { eventIds: ['e1', 'e2'] })],
      open({ alerts: [alert('x|a')], incidents: [incident()] }),
      now,
    );
    expect(plan.groups).toEqual([]);
    expect(plan.repeated.map(r => r.fresh)).toEqual([['e2']]);
    expect(plan.ended).toEqual([]);
  });

  it('raises nothing where the rule says so', () => {
    expect(correlate([firing('x', { alert: null })], open(), now).groups).toEqual([]);
  });

  it.each([
    ['the same service', { service: 'a' }, incident(), 'i1'],
    ['the same region', { service: 'b', region: 'eu' }, incident({ regions: ['eu'] }), 'i1'],
    ['another service', { service: 'b' }, incident(), null],
    ['the same service, too long ago', { service: 'a' }, incident({ lastAt: now - 31 * minute }), null],
    ['no service, the same kind', { service: null }, incident({ services: [] }), 'i1'],
    ['no service, beside one of a service', { service: null }, incident(), null],
  ])('joins by %s', (_what, over, known, id) => {
    const plan = correlate([firing('new', over)], open({ incidents: [known] }), now);
    expect(plan.groups.map(group => group.incidentId)).toEqual([id]);
  });

  it('belongs together when it begins together', () => {
    const plan = correlate(
      [firing('x'), firing('y'), firing('z', { service: 'b' }), firing('w', { service: 'c', region: 'eu' })],
      open(),
      now,
    );
    expect(plan.groups.map(group => group.alerts.map(seen => seen.rule))).toEqual([['x', 'y'], ['z'], ['w']]);
  });
});

describe('what does not fire any more', () => {
  it('ends after two minutes, not before: flapping is one alert', () => {
    const at = (lastAt: number) =>
      correlate([], open({ alerts: [alert('x|a', { lastAt })], incidents: [incident()] }), now).ended.length;
    expect(at(now - 2 * minute + 1)).toBe(0);
    expect(at(now - 2 * minute)).toBe(1);
  });

  it('is over by itself after half an hour, unless something of it still fires', () => {
    const old = incident({ lastAt: now - 30 * minute });
    expect(correlate([], open({ incidents: [old] }), now).over).toEqual(['i1']);
    expect(correlate([firing('x')], open({ alerts: [alert('x|a')], incidents: [old] }), now).over).toEqual(
      [],
    );
    expect(correlate([], open({ incidents: [incident()] }), now).over).toEqual([]);
  });
});

describe('what people settled', () => {
  const settled = [{ fingerprint: 'x|a', at: now - minute, eventIds: ['e1'] }];
  it('is not raised again by what was known then, but by something new', () => {
    expect(correlate([firing('x')], open({ settled }), now).groups).toEqual([]);
    expect(correlate([firing('x', { eventIds: ['e1', 'e2'] })], open({ settled }), now).groups).toHaveLength(
      1,
    );
    expect(correlate([firing('y')], open({ settled }), now).groups).toHaveLength(1);
  });
  it('comes back after a quarter of an hour where no event can tell', () => {
    const at = (ago: number) =>
      correlate(
        [firing('x', { eventIds: [] })],
        open({ settled: [{ fingerprint: 'x|a', at: now - ago, eventIds: [] }] }),
        now,
      ).groups.length;
    expect(at(14 * minute)).toBe(0);
    expect(at(15 * minute)).toBe(1);
  });
});
