import type { RuleDefinition } from '../schema/rules.ts';
import { type FactEvent, type Facts, rank, signalFreshMs } from './facts.ts';

export interface Rule {
  id: string;
  definition: RuleDefinition;
}

/** One rule that holds for one service (or for the tenant as a whole, where events name none). */
export interface Firing {
  rule: Rule;
  service: string | null;
  region: string | null;
  /** What was measured: how many, how anomalous, how rare. */
  value: number;
  /** Of a hundred, what it is worth now. */
  weight: number;
  title: string;
  eventIds: string[];
  simulated: boolean;
}

const matchers = new Map<string, RegExp>();
export function matchesGlob(glob: string, text: string): boolean {
  let matcher = matchers.get(glob);
  if (!matcher) {
    matcher = new RegExp(
      `^${glob
        .split('*')
        .map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
    );
    if (matchers.size > 1000) matchers.clear();
    matchers.set(glob, matcher);
  }
  return matcher.test(text);
}

const keptIds = 20;

/** Ever less, and nothing at the end of the window: a score falls by itself when nothing happens any more. */
const fading = (ageMs: number, withinMinutes: number) =>
  Math.max(0, Math.min(1, 1 - ageMs / (withinMinutes * 60_000)));

/** Twice as many as asked for are worth a quarter more. */
const amount = (value: number, least: number) => 1 + 0.25 * Math.log2(Math.max(1, value / least));

function byService(events: readonly FactEvent[]): Map<string | null, FactEvent[]> {
  const groups = new Map<string | null, FactEvent[]>();
  for (const event of events) {
    const group = groups.get(event.service);
    if (group) group.push(event);
    else groups.set(event.service, [event]);
  }
  return groups;
}

const newest = (events: readonly FactEvent[]) => events.reduce((a, b) => (b.at > a.at ? b : a));

function firingOf(
  rule: Rule,
  group: readonly FactEvent[],
  value: number,
  least: number,
  within: number,
  now: number,
): Firing {
  const last = newest(group);
  const { points, title } = rule.definition;
  return {
    rule,
    service: last.service,
    region: group.find(event => event.region)?.region ?? null,
    value,
    weight: Math.min(100, points * amount(value, least)) * fading(now - last.at, within),
    title: `${title}${last.service ? ` (${last.service})` : ''}`,
    eventIds: group
      .toSorted((a, b) => b.at - a.at)
      .slice(0, keptIds)
      .map(event => event.id),
    simulated: group.every(event => event.simulated),
  };
}

/** Pure: what of a rule holds, given the facts. */
export function evaluate(rule: Rule, facts: Facts, simulated = false): Firing[] {
  const { when, points, title } = rule.definition;
  if (when.kind === 'events' || when.kind === 'template') {
    const since = facts.now - when.withinMinutes * 60_000;
    const rarity = (event: FactEvent) =>
      event.templateId === null ? 0 : (facts.templates.get(event.templateId)?.rarity ?? 0);
    const fits = facts.events.filter(
      event =>
        event.at > since &&
        event.at <= facts.now &&
        rank(event.severity) >= rank(when.minSeverity) &&
        (when.kind === 'events'
          ? when.names.some(name => matchesGlob(name, event.event))
          : rarity(event) >= when.minRarity),
    );
    return [...byService(fits).values()].flatMap(group => {
      if (when.kind === 'template') {
        const rarest = Math.max(...group.map(rarity));
        return [firingOf(rule, group, rarest, Math.max(0.01, when.minRarity), when.withinMinutes, facts.now)];
      }
      return group.length >= when.atLeast
        ? [firingOf(rule, group, group.length, when.atLeast, when.withinMinutes, facts.now)]
        : [];
    });
  }
  return facts.signals.flatMap(signal => {
    if (facts.now - signal.at > signalFreshMs || !matchesGlob(when.metric, signal.metric)) return [];
    const holds =
      when.kind === 'anomaly'
        ? signal.score >= when.atLeast
        : when.op === 'above'
          ? signal.value > when.threshold
          : signal.value < when.threshold;
    if (!holds) return [];
    return [
      {
        rule,
        service: signal.service,
        region: null,
        value: when.kind === 'anomaly' ? signal.score : signal.value,
        weight: when.kind === 'anomaly' ? points * signal.score : points,
        title: `${title} (${signal.service}, ${signal.metric})`,
        eventIds: [],
        simulated,
      },
    ];
  });
}

export const evaluateAll = (rules: readonly Rule[], facts: Facts, simulated = false): Firing[] =>
  rules.flatMap(rule => evaluate(rule, facts, simulated));
