import { evaluate, type Rule } from './evaluate.ts';
import type { FactEvent, FactSignal, FactTemplate } from './facts.ts';

/** What one tenant sent in the time that is looked at. */
export interface Record {
  tenantId: string;
  events: readonly FactEvent[];
  /** Of each series, oldest first. */
  signals: readonly (readonly FactSignal[])[];
  templates: ReadonlyMap<string, FactTemplate>;
}

export interface Fired {
  at: number;
  tenantId: string;
  service: string | null;
  title: string;
}

export interface Replayed {
  held: number;
  fired: Fired[];
}

export const stepMs = 60_000;

/** Pure: what a rule would have said, minute by minute, had it been in force. Beginning to hold is firing; holding on is not. */
export function replay(rule: Rule, record: Record, from: number, to: number): Replayed {
  const lookBack = 'withinMinutes' in rule.definition.when ? rule.definition.when.withinMinutes * 60_000 : 0;
  const events = record.events.toSorted((a, b) => a.at - b.at);
  const places = record.signals.map(() => 0);
  const fired: Fired[] = [];
  let held = 0;
  let holding = new Set<string>();
  let first = 0;
  let last = 0;
  for (let now = from; now <= to; now += stepMs) {
    while (last < events.length && (events[last]?.at ?? 0) <= now) last += 1;
    while (first < last && (events[first]?.at ?? 0) <= now - lookBack) first += 1;
    const signals = record.signals.flatMap((series, i): FactSignal[] => {
      let place = places[i] ?? 0;
      while (place + 1 < series.length && (series[place + 1]?.at ?? 0) <= now) place += 1;
      places[i] = place;
      const newest = series[place];
      return newest && newest.at <= now ? [newest] : [];
    });
    const found = evaluate(rule, {
      now,
      events: lookBack > 0 ? events.slice(first, last) : [],
      signals,
      templates: record.templates,
    });
    const holds = new Set<string>();
    for (const { service, title } of found) {
      const key = `${service}\n${title}`;
      holds.add(key);
      if (!holding.has(key)) fired.push({ at: now, tenantId: record.tenantId, service, title });
    }
    held += holds.size;
    holding = holds;
  }
  return { held, fired };
}
