import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { worldSeed } from './catalogue.ts';
import type { PlacedCommand, WorldCommand } from './schema.ts';
import { worldMetrics } from './schema.ts';
import { createWorld, type World } from './world.ts';

const minute = 60_000;
const start = Date.parse('2026-11-02T10:00:00.000Z');
const placed = (at: number, command: WorldCommand, seq = 1): PlacedCommand => ({ seq, at, command });
const quiet = (...commands: PlacedCommand[]) => createWorld(worldSeed, commands, { quiet: true });
const mean = (world: World, metric: Parameters<World['metric']>[0], id: string, from: number, to: number) => {
  const values = world
    .series(metric, id, from, to, minute)
    .map(p => p.value)
    .filter(v => v !== null);
  return values.reduce((a, b) => a + b, 0) / values.length;
};
/** Everything a world shows about the given services, to compare two of them. */
const shown = (world: World, ids: readonly string[], times: readonly number[]) =>
  ids.flatMap(id => times.flatMap(t => worldMetrics.map(m => world.metric(m, id, t))));
const ids = createWorld().services.map(s => s.id);
const times = Array.from({ length: 12 }, (_, i) => start + i * 7 * minute + 11_000);

const command = fc.oneof(
  fc.record({
    kind: fc.constant('service.scale' as const),
    service: fc.constantFrom(...ids),
    replicas: fc.nat(20),
  }),
  fc.record({ kind: fc.constant('service.restart' as const), service: fc.constantFrom(...ids) }),
  fc.record({ kind: fc.constant('service.rollback' as const), service: fc.constantFrom(...ids) }),
  fc.record({ kind: fc.constant('region.fail' as const), region: fc.constantFrom('eu-west', 'sa-east') }),
  fc.record({ kind: fc.constant('region.restore' as const), region: fc.constantFrom('eu-west', 'sa-east') }),
  fc.record({
    kind: fc.constant('fault.inject' as const),
    id: fc.constantFrom('f1', 'f2', 'f3'),
    fault: fc.constantFrom('bad-deploy' as const, 'memory-leak' as const, 'traffic-surge' as const),
    target: fc.constantFrom(...ids).map(id => ({ kind: 'service' as const, id })),
    intensity: fc.double({ min: 0.1, max: 1, noNaN: true }),
  }),
  fc.record({ kind: fc.constant('fault.heal' as const), id: fc.constantFrom('f1', 'f2', 'f3') }),
);
const history = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 80 }), command), { maxLength: 12 })
  .map(all =>
    all.sort((a, b) => a[0] - b[0]).map(([m, c], i) => placed(start + m * minute, c as WorldCommand, i + 1)),
  );

describe('the world', () => {
  it('has what the demo promises', () => {
    const world = createWorld();
    expect(world.regions).toHaveLength(5);
    expect(world.services).toHaveLength(40);
    expect(world.tenants).toHaveLength(12);
    expect(world.service('service-x')?.tenantId).toBe('t1');
    for (const s of world.services) {
      expect(world.tenants.map(t => t.id)).toContain(s.tenantId);
      expect(world.regions.map(r => r.name)).toContain(s.region);
    }
  });

  it('shows the same history for the same seed and commands, in whatever order they are handed over', () => {
    fc.assert(
      fc.property(history, fc.integer(), (commands, salt) => {
        const shuffled = [...commands].sort((a, b) => ((a.seq * salt) % 7) - ((b.seq * salt) % 7));
        const [one, two] = [createWorld(worldSeed, commands), createWorld(worldSeed, shuffled)];
        expect(shown(two, ids.slice(0, 8), times)).toEqual(shown(one, ids.slice(0, 8), times));
        expect(two.faultsAt(start + 50 * minute)).toEqual(one.faultsAt(start + 50 * minute));
      }),
      { numRuns: 40 },
    );
  });

  it('never changes what was: a new command alters nothing before its time', () => {
    fc.assert(
      fc.property(history, command, (commands, next) => {
        const at = start + 40 * minute;
        const before = commands.filter(c => c.at <= at);
        const world = createWorld(worldSeed, before);
        const later = createWorld(worldSeed, [
          ...before,
          placed(at, next as WorldCommand, before.length + 1),
        ]);
        const past = times.filter(t => t < at);
        expect(shown(later, ids, past)).toEqual(shown(world, ids, past));
        expect(later.events(at - 3 * minute, at)).toEqual(world.events(at - 3 * minute, at));
      }),
      { numRuns: 30 },
    );
  });

  it('gives another seed another history', () => {
    expect(shown(createWorld(7), ids, times)).not.toEqual(shown(createWorld(8), ids, times));
  });

  it('leaves the original as it is when a copy is changed', () => {
    const world = quiet();
    const before = shown(world, ['service-x'], times);
    const copy = world.with({ kind: 'service.scale', service: 'service-x', replicas: 9 }, start);
    expect(copy.serviceAt('service-x', start).replicas).toBe(9);
    expect(shown(world, ['service-x'], times)).toEqual(before);
  });

  it('keeps readings within what they can be', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...ids), fc.nat(1e7), (commands, id, offset) => {
        const world = createWorld(worldSeed, commands);
        for (const m of ['cpu', 'memory', 'error_ratio'] as const) {
          const v = world.metric(m, id, start + offset);
          if (v !== null) expect(v >= 0 && v <= 1).toBe(true);
        }
      }),
    );
  });
});

describe('faults', () => {
  const inject = (fault: 'bad-deploy' | 'traffic-surge' | 'memory-leak', target = 'service-x') =>
    placed(start, {
      kind: 'fault.inject',
      id: 'f1',
      fault,
      target: { kind: 'service', id: target },
      intensity: 0.8,
    });
  const window = [start + 10 * minute, start + 40 * minute] as const;

  it('change what they should and no other service', () => {
    const calm = quiet();
    for (const fault of ['bad-deploy', 'traffic-surge', 'memory-leak'] as const) {
      const world = quiet(inject(fault));
      const others = ids.filter(id => id !== 'service-x');
      expect(shown(world, others, times)).toEqual(shown(calm, others, times));
      expect(shown(world, ['service-x'], times)).not.toEqual(shown(calm, ['service-x'], times));
    }
    const bad = quiet(inject('bad-deploy'));
    expect(mean(bad, 'error_ratio', 'service-x', ...window)).toBeGreaterThan(0.1);
    expect(mean(bad, 'rps', 'service-x', ...window)).toBeCloseTo(
      mean(calm, 'rps', 'service-x', ...window),
      5,
    );
    const leak = quiet(inject('memory-leak'));
    expect(leak.metric('memory', 'service-x', window[1])).toBeGreaterThan(0.8);
    expect(mean(leak, 'rps', 'service-x', ...window)).toBeCloseTo(
      mean(calm, 'rps', 'service-x', ...window),
      5,
    );
  });

  it('end when they are healed, and then all is as if they had not been', () => {
    const healed = start + 30 * minute;
    const calm = quiet();
    for (const fault of ['bad-deploy', 'traffic-surge', 'memory-leak'] as const) {
      const world = quiet(inject(fault), placed(healed, { kind: 'fault.heal', id: 'f1' }, 2));
      const after = times.filter(t => t > healed);
      expect(shown(world, ids, after)).toEqual(shown(calm, ids, after));
      expect(world.faultsAt(healed - 1)).toHaveLength(1);
      expect(world.faultsAt(healed)).toEqual([]);
    }
  });

  it('of a region: a lost one has gaps, not zeros, and comes back', () => {
    const world = quiet(
      placed(start, { kind: 'region.fail', region: 'eu-west' }),
      placed(start + 20 * minute, { kind: 'region.restore', region: 'eu-west' }, 2),
    );
    expect(world.metric('cpu', 'service-x', start + minute)).toBeNull();
    expect(world.metric('cpu', 'test-api', start + minute)).not.toBeNull();
    expect(world.regionAt('eu-west', start + minute).up).toBe(false);
    expect(world.metric('cpu', 'service-x', start + 20 * minute)).not.toBeNull();
    expect(world.replicationLagMs('us-east', 'eu-west', start + minute)).toBeNull();
  });

  it('of replication: the lag grows while it stalls and is worked off afterwards', () => {
    const world = quiet(
      placed(start, {
        kind: 'fault.inject',
        id: 'r',
        fault: 'replication-stall',
        target: { kind: 'region', id: 'us-east' },
        intensity: 1,
      }),
      placed(start + 20 * minute, { kind: 'fault.heal', id: 'r' }, 2),
    );
    const lag = (m: number) => world.replicationLagMs('eu-west', 'us-east', start + m * minute) ?? 0;
    expect(lag(-1)).toBeLessThan(1000);
    expect(lag(10)).toBeGreaterThan(9 * minute);
    expect(lag(21)).toBeGreaterThan(lag(22));
    expect(lag(25)).toBeLessThan(1000);
    expect(world.replicationLagMs('eu-west', 'sa-east', start + 10 * minute)).toBeLessThan(1000);
  });

  it('of cost: the bill of that service and day rises, and no other', () => {
    const world = quiet(
      placed(Date.parse('2026-11-02T00:00:00Z'), {
        kind: 'fault.inject',
        id: 'c',
        fault: 'cost-spike',
        target: { kind: 'service', id: 'service-x' },
        intensity: 1,
      }),
      placed(Date.parse('2026-11-03T00:00:00Z'), { kind: 'fault.heal', id: 'c' }, 2),
    );
    const total = (w: World, day: string, id: string) =>
      w
        .bill(day)
        .filter(r => r.service === id)
        .reduce((sum, r) => sum + r.cost, 0);
    expect(total(world, '2026-11-02', 'service-x')).toBeGreaterThan(
      1.5 * total(quiet(), '2026-11-02', 'service-x'),
    );
    expect(total(world, '2026-11-03', 'service-x')).toBeCloseTo(total(quiet(), '2026-11-03', 'service-x'), 6);
    expect(total(world, '2026-11-02', 't1-web')).toBeCloseTo(total(quiet(), '2026-11-02', 't1-web'), 6);
  });
});

describe('actions', () => {
  const surge = placed(start, {
    kind: 'fault.inject',
    id: 's',
    fault: 'traffic-surge',
    target: { kind: 'service', id: 'service-x' },
    intensity: 0.8,
  });
  const [from, to] = [start + 20 * minute, start + 50 * minute];

  it('scaling lowers the processor use, and costs', () => {
    const hot = quiet(surge);
    const scaled = hot.with(
      { kind: 'service.scale', service: 'service-x', replicas: 6 },
      start + 15 * minute,
    );
    expect(mean(hot, 'cpu', 'service-x', from, to)).toBeGreaterThan(0.9);
    expect(mean(scaled, 'cpu', 'service-x', from, to)).toBeLessThan(0.7);
    expect(mean(scaled, 'error_ratio', 'service-x', from, to)).toBeLessThan(0.02);
    const cost = (w: World) => w.bill('2026-11-02').reduce((sum, r) => sum + r.cost, 0);
    expect(cost(scaled)).toBeGreaterThan(cost(hot));
  });

  it('a rollback ends the errors of a bad deployment and brings its version back', () => {
    const bad = quiet().with(
      {
        kind: 'fault.inject',
        id: 'b',
        fault: 'bad-deploy',
        target: { kind: 'service', id: 'service-x' },
        intensity: 0.8,
      },
      start,
    );
    const mended = bad.with({ kind: 'service.rollback', service: 'service-x' }, start + 15 * minute);
    expect(mean(bad, 'error_ratio', 'service-x', from, to)).toBeGreaterThan(0.1);
    expect(mean(mended, 'error_ratio', 'service-x', from, to)).toBeLessThan(0.01);
    const version = (w: World, t: number) => w.serviceAt('service-x', t).version;
    expect(version(bad, from)).not.toBe(version(bad, start - 1));
    expect(version(mended, from)).toBe(version(mended, start - 1));
  });

  it('a restart empties the memory, and does not stop a leak', () => {
    const leak = quiet().with(
      {
        kind: 'fault.inject',
        id: 'l',
        fault: 'memory-leak',
        target: { kind: 'service', id: 'service-x' },
        intensity: 0.8,
      },
      start,
    );
    const again = leak.with({ kind: 'service.restart', service: 'service-x' }, from);
    const memory = (t: number) => again.metric('memory', 'service-x', t) ?? 0;
    expect(memory(from + minute)).toBeLessThan(memory(from - minute) - 0.2);
    expect(memory(from + 30 * minute)).toBeGreaterThan(memory(from + minute) + 0.2);
  });

  it('a bad version shows in the part that runs it, and a promotion brings it everywhere', () => {
    const versions = Array.from({ length: 60 }, (_, i) => `2.0.${i}`);
    const on = (version: string) =>
      quiet().with({ kind: 'canary.start', service: 'service-x', version, share: 0.25 }, start);
    const errors = (w: World, part: 'baseline' | 'canary') => {
      const values = times.map(t => w.partMetric('error_ratio', 'service-x', part, t) ?? 0);
      return values.reduce((a, b) => a + b, 0) / values.length;
    };
    const bad = versions.find(v => errors(on(v), 'canary') > 0.02) ?? expect.fail();
    expect(errors(on(bad), 'baseline')).toBeLessThan(0.01);
    expect(errors(on(versions.find(v => errors(on(v), 'canary') < 0.01) ?? bad), 'canary')).toBeLessThan(
      0.01,
    );
    const end = (promote: boolean) =>
      on(bad).with({ kind: 'canary.end', service: 'service-x', promote }, start + minute);
    expect(mean(end(true), 'error_ratio', 'service-x', from, to)).toBeGreaterThan(0.02);
    expect(end(true).serviceAt('service-x', to).version).toBe(bad);
    expect(mean(end(false), 'error_ratio', 'service-x', from, to)).toBeLessThan(0.01);
    const rolledBack = end(true).with({ kind: 'service.rollback', service: 'service-x' }, start + 2 * minute);
    expect(mean(rolledBack, 'error_ratio', 'service-x', from, to)).toBeLessThan(0.01);
  });

  it('a drained node carries nothing, and the others take it over', () => {
    const world = quiet().with({ kind: 'node.drain', node: 'eu-west-node-1' }, start);
    const nodes = world.nodesAt(start);
    expect(nodes.get('eu-west-node-1')).toMatchObject({ drained: true, schedulable: false, services: [] });
    expect(quiet().nodesAt(start).get('eu-west-node-1')?.services.length).toBeGreaterThan(0);
    expect([...nodes.values()].flatMap(n => n.services)).toContain('acme-checkout');
  });
});
