import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleDefinition } from '../schema/rules.ts';
import { ruleDefinition } from '../schema/rules.ts';
import { levelOf } from '../schema.ts';
import { evaluate, evaluateAll, matchesGlob, type Rule } from './evaluate.ts';
import type { FactEvent, FactSignal, Facts } from './facts.ts';
import { rarities } from './rarity.ts';
import { replay } from './replay.ts';
import { combined, scoreOf } from './score.ts';
import { shippedRules } from './shipped.ts';

const now = Date.UTC(2026, 0, 2);
const minute = 60_000;
const event = (over: Partial<FactEvent> = {}): FactEvent => ({
  id: 'e1',
  tenantId: 't1',
  at: now,
  event: 'cpu_spike',
  severity: 'high',
  service: 'a',
  region: null,
  templateId: null,
  simulated: true,
  ...over,
});
const signal = (over: Partial<FactSignal> = {}): FactSignal => ({
  service: 'a',
  metric: 'cpu',
  at: now,
  value: 0.9,
  expected: 0.4,
  score: 0.8,
  ...over,
});
const facts = (over: Partial<Facts> = {}): Facts => ({
  now,
  events: [],
  signals: [],
  templates: new Map(),
  ...over,
});
const rule = (when: RuleDefinition['when'], over: Partial<RuleDefinition> = {}): Rule => ({
  id: 'r',
  definition: { title: 'Rule', dimension: 'performance', points: 40, alert: 'high', when, ...over },
});
const spikes = (over: Partial<Extract<RuleDefinition['when'], { kind: 'events' }>> = {}) =>
  rule({
    kind: 'events',
    names: ['cpu*'],
    minSeverity: 'medium',
    atLeast: 1,
    withinMinutes: 10,
    ...over,
  });

describe('a rule on events', () => {
  it.each([
    ['holds for one that fits', [event()], {}, 1],
    ['not below its severity', [event({ severity: 'low' })], {}, 0],
    ['not for another name', [event({ event: 'memory_full' })], {}, 0],
    ['not at the edge of its window', [event({ at: now - 10 * minute })], {}, 0],
    ['just inside its window', [event({ at: now - 10 * minute + 1 })], {}, 1],
    ['not for what is yet to happen', [event({ at: now + 1 })], {}, 0],
    ['not for fewer than it asks', [event()], { atLeast: 2 }, 0],
    ['for as many as it asks', [event(), event({ id: 'e2' })], { atLeast: 2 }, 1],
    ['but not across services', [event(), event({ id: 'e2', service: 'b' })], { atLeast: 2 }, 0],
    ['once for each service', [event(), event({ id: 'e2', service: 'b' })], {}, 2],
  ])('%s', (_what, events, over, count) => {
    expect(evaluate(spikes(over), facts({ events }))).toHaveLength(count);
  });

  it('names its events, newest first', () => {
    const [firing] = evaluate(
      spikes(),
      facts({ events: [event({ at: now - minute }), event({ id: 'e2' })] }),
    );
    expect(firing?.eventIds).toEqual(['e2', 'e1']);
  });

  it('is worth less the longer ago it was, and more the more there are; never above a hundred', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 10 * minute - 1 }),
        fc.integer({ min: 1, max: 100 }),
        (count, age, points) => {
          const at = (n: number, ageMs: number) =>
            evaluate(
              { ...spikes(), definition: { ...spikes().definition, points } },
              facts({
                events: Array.from({ length: n }, (_, i) => event({ id: `${i}`, at: now - ageMs })),
              }),
            )[0]?.weight ?? 0;
          expect(at(count, age)).toBeLessThanOrEqual(at(count, 0));
          expect(at(count + 1, age)).toBeGreaterThanOrEqual(at(count, age));
          expect(at(count, 0)).toBeLessThanOrEqual(100);
        },
      ),
    );
  });
});

describe('a rule on a series', () => {
  it.each([
    ['above its limit', { kind: 'metric', metric: 'cpu', op: 'above', threshold: 0.8 }, signal(), 1],
    ['not at it', { kind: 'metric', metric: 'cpu', op: 'above', threshold: 0.9 }, signal(), 0],
    ['below', { kind: 'metric', metric: 'cpu', op: 'below', threshold: 1 }, signal(), 1],
    ['unlike its past', { kind: 'anomaly', metric: 'c*', atLeast: 0.8 }, signal(), 1],
    ['not quite', { kind: 'anomaly', metric: 'c*', atLeast: 0.81 }, signal(), 0],
    ['not of another metric', { kind: 'anomaly', metric: 'memory', atLeast: 0 }, signal(), 0],
    [
      'not of what was long ago',
      { kind: 'anomaly', metric: 'cpu', atLeast: 0 },
      signal({ at: now - 5 * minute - 1 }),
      0,
    ],
  ] as [string, RuleDefinition['when'], FactSignal, number][])('%s', (_what, when, one, count) => {
    expect(evaluate(rule(when), facts({ signals: [one] }))).toHaveLength(count);
  });
});

it('a glob means what it says, whatever stands in it', () => {
  expect(matchesGlob('cpu*', 'cpu_spike')).toBe(true);
  expect(matchesGlob('cpu', 'cpu_spike')).toBe(false);
  expect(matchesGlob('a.c', 'abc')).toBe(false);
  expect(matchesGlob('*', '')).toBe(true);
  fc.assert(
    fc.property(fc.string(), text => {
      expect(matchesGlob('*', text.replaceAll('\n', ''))).toBe(true);
      expect(matchesGlob(text.replaceAll('*', ''), text.replaceAll('*', ''))).toBe(true);
    }),
  );
});

describe('the five numbers', () => {
  it('stay between 0 and 100, rise with every reason, and do not depend on the order', () => {
    const weights = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 100, noNaN: true }), (all, one) => {
        expect(combined(all)).toBeGreaterThanOrEqual(0);
        expect(combined(all)).toBeLessThanOrEqual(100);
        expect(combined([...all, one])).toBeGreaterThanOrEqual(combined(all) - 1e-9);
        expect(combined(all.toReversed())).toBeCloseTo(combined(all), 6);
      }),
    );
  });

  it('count a reason in its own dimension and service only', () => {
    const firings = evaluateAll(
      [spikes()],
      facts({ events: [event(), event({ id: 'e2', service: 'b', at: now - 5 * minute })] }),
    );
    expect(scoreOf(firings, 'a').scores).toEqual({
      security: 0,
      cost: 0,
      performance: 40,
      reliability: 0,
      compliance: 0,
    });
    expect(scoreOf(firings, 'b').overall).toBe(20);
    expect(scoreOf(firings).overall).toBe(52);
    expect(scoreOf(firings, 'c')).toMatchObject({ overall: 0, level: 'low', contributions: [] });
  });

  it.each([
    [0, 'low'],
    [29.9, 'low'],
    [30, 'med'],
    [55, 'high'],
    [80, 'critical'],
    [100, 'critical'],
  ])('%d is %s', (score, level) => expect(levelOf(score)).toBe(level));
});

it('the shipped rules are valid, and each can fire', () => {
  for (const { id, definition } of shippedRules) {
    expect(ruleDefinition.parse(definition)).toEqual(definition);
    const { when } = definition;
    const name = when.kind === 'events' ? (when.names[0] ?? '').replace('*', 'x') : 'x';
    const metric = 'metric' in when ? when.metric.replaceAll('*', '') : 'cpu';
    const fired = evaluate(
      { id, definition },
      facts({
        events: Array.from({ length: 10 }, (_, i) =>
          event({ id: `${i}`, event: name, severity: 'critical', templateId: 't' }),
        ),
        signals: [signal({ metric, score: 1 })],
        templates: new Map([['t', { id: 't', rarity: 1 }]]),
      }),
    );
    expect(fired, id).not.toEqual([]);
  }
});

describe('rarity', () => {
  it('is most for what was seen once among much, and nothing where little is known', () => {
    const known = rarities([
      { id: 'usual', count: 9000 },
      { id: 'seldom', count: 90 },
      { id: 'once', count: 1 },
    ]);
    const of = (id: string) => known.get(id)?.rarity ?? -1;
    expect(of('once')).toBeGreaterThan(0.99);
    expect(of('seldom')).toBeLessThan(of('once'));
    expect(of('usual')).toBeLessThan(0.05);
    expect(rarities([{ id: 'first', count: 1 }]).get('first')?.rarity).toBe(0);
  });
  it('is between 0 and 1 for any counts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 })), counts => {
        for (const { rarity } of rarities(counts.map((count, i) => ({ id: `${i}`, count }))).values()) {
          expect(rarity).toBeGreaterThanOrEqual(0);
          expect(rarity).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('a replay', () => {
  const record = (events: FactEvent[]) => ({ tenantId: 't1', events, signals: [], templates: new Map() });
  it('counts beginning to hold, not holding on', () => {
    const events = [0, 1, 2, 30].map(i => event({ id: `${i}`, at: now + i * minute }));
    const found = replay(spikes(), record(events), now, now + 60 * minute);
    expect(found.fired.map(fired => (fired.at - now) / minute)).toEqual([0, 30]);
    expect(found.held).toBe(22);
  });
  it('sees what the rule itself would see at that minute', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 40 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        (minutes, atLeast) => {
          const events = minutes.map((m, i) => event({ id: `${i}`, at: now + m * minute }));
          const draft = spikes({ atLeast });
          const held = replay(draft, record(events), now, now + 30 * minute).held;
          let expected = 0;
          for (let t = now; t <= now + 30 * minute; t += minute)
            expected += evaluate(draft, facts({ now: t, events })).length;
          expect(held).toBe(expected);
        },
      ),
    );
  });
});
