import { setImmediate as turn } from 'node:timers/promises';
import { faultTargets } from '#server/world/faults.ts';
import { uniform } from '#server/world/hash.ts';
import type { Fault, FaultKind, PlacedCommand, WorldService } from '#server/world/schema.ts';
import { worldMetrics } from '#server/world/schema.ts';
import { createWorld, type World } from '#server/world/world.ts';
import { featuresOf, type Labelled } from './rules/ensemble.ts';
import { evaluateAll, type Rule } from './rules/evaluate.ts';
import type { FactEvent, FactSignal } from './rules/facts.ts';
import { type Watched, type WatchState, watch } from './rules/minutes.ts';
import { rarities } from './rules/rarity.ts';

const minute = 60_000;
/** Learning first, then judged every five minutes. */
const learnMinutes = 180;
const judgedMinutes = 420;
const everyMinutes = 5;
const serviceFaults: readonly FaultKind[] = ['traffic-surge', 'bad-deploy', 'memory-leak', 'cost-spike'];
const regionFaults = (Object.keys(faultTargets) as FaultKind[]).filter(kind =>
  faultTargets[kind].includes('region'),
);

/** A world that no console shows, with faults put into it: what was wrong when is known exactly. */
function troubled(seed: number, from: number): World {
  const quiet = createWorld(seed);
  const place = (i: number, n: number) => uniform(seed, 0x7157, i, n);
  const commands: PlacedCommand[] = [];
  const inject = (i: number, fault: FaultKind, target: { kind: 'service' | 'region'; id: string }) => {
    const at = from + Math.floor((learnMinutes + place(i, 1) * judgedMinutes) * minute);
    const lasts = (10 + place(i, 2) * 70) * minute;
    const id = `calibration-${i}`;
    const intensity = Math.round((0.3 + 0.7 * place(i, 3)) * 100) / 100;
    commands.push({ seq: 0, at, command: { kind: 'fault.inject', id, fault, target, intensity } });
    commands.push({ seq: 0, at: at + lasts, command: { kind: 'fault.heal', id } });
  };
  for (const [i, service] of quiet.services.entries())
    if (place(i, 0) < 0.4)
      inject(i, serviceFaults[Math.floor(place(i, 4) * serviceFaults.length)] ?? 'traffic-surge', {
        kind: 'service',
        id: service.id,
      });
  for (const [i, region] of quiet.regions.entries())
    if (place(1000 + i, 0) < 0.2)
      inject(1000 + i, regionFaults[Math.floor(place(1000 + i, 4) * regionFaults.length)] ?? 'region-loss', {
        kind: 'region',
        id: region.name,
      });
  commands.sort((a, b) => a.at - b.at);
  return createWorld(
    seed,
    commands.map((command, i) => ({ ...command, seq: i + 1 })),
  );
}

const befalls = (fault: Fault, service: WorldService): boolean =>
  fault.target.kind === 'service'
    ? fault.target.id === service.id
    : fault.target.id === (fault.target.kind === 'tenant' ? service.tenantId : service.region);

/** A line without what differs from one to the next. */
const shapeOf = (message: string) => message.replace(/\b[0-9a-f]{5,}\b|\d+(?:\.\d+)?/g, '<*>');

/**
 * What the features of each service were in one such world, and whether a fault was upon it. Gives way to other work after
 * every series: it is a lot of arithmetic.
 */
export async function labelledOutcomes(
  seed: number,
  rules: readonly Rule[],
  signal: AbortSignal | undefined,
): Promise<Labelled[]> {
  const from = Math.floor(Date.UTC(2026, 0, 5 + (seed % 300)) / minute) * minute + (seed % 24) * 60 * minute;
  const to = from + (learnMinutes + judgedMinutes) * minute;
  const world = troubled(seed, from);
  const times = Array.from(
    { length: judgedMinutes / everyMinutes },
    (_, i) => from + (learnMinutes + (i + 1) * everyMinutes) * minute,
  );
  // Every third service, others in each world: all kinds come up, and it stays a matter of seconds.
  const services = world.services.filter((_, i) => i % 3 === seed % 3);
  const signals = new Map<string, FactSignal[][]>();
  for (const service of services) {
    const own = times.map((): FactSignal[] => []);
    signals.set(service.id, own);
    for (const metric of worldMetrics) {
      if (signal?.aborted) return [];
      await turn();
      let state: WatchState | null = null;
      let seen: number | null = null;
      let next = 0;
      for (const { t, value } of world.series(metric, service.id, from, to, minute)) {
        const watched: Watched | null = value === null ? null : watch(state, seen, [{ at: t, value }]);
        if (watched) {
          state = watched.state;
          seen = t;
          const moment = times[next];
          if (moment !== undefined && t >= moment)
            own[next]?.push({ service: service.id, metric, ...watched });
        }
        if (t >= (times[next] ?? Number.POSITIVE_INFINITY)) next += 1;
      }
    }
  }
  const chosen = new Set(services.map(service => service.id));
  const counts = new Map<string, number>();
  const events: FactEvent[] = [];
  for (let at = from; at < to; at += 60 * minute) {
    if (signal?.aborted) return [];
    await turn();
    for (const event of world.events(at, Math.min(to, at + 60 * minute))) {
      const templateId = `${event.event} ${shapeOf(event.message)}`;
      counts.set(templateId, (counts.get(templateId) ?? 0) + 1);
      if (chosen.has(event.service)) events.push({ ...event, at: event.ts, templateId });
    }
  }
  const templates = rarities([...counts].map(([id, count]) => ({ id, count })));
  const faults = world.faultsBetween(from, to);
  const labelled: Labelled[] = [];
  for (const service of services) {
    const own = events.filter(event => event.service === service.id);
    for (const [i, now] of times.entries()) {
      const facts = {
        now,
        events: own.filter(event => event.at <= now && event.at > now - 60 * minute),
        signals: signals.get(service.id)?.[i] ?? [],
        templates,
      };
      labelled.push({
        features: featuresOf(facts, evaluateAll(rules, facts, true), service.id),
        outcome: faults.some(fault => fault.from <= now && now < fault.to && befalls(fault, service)),
      });
    }
  }
  return labelled;
}
