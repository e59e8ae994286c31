import { describe, expect, it } from 'vitest';
import { atOnce, inSlices } from '#kernel/clock/slices.ts';
import {
  exposition,
  instantQuery,
  rangeQuery,
  rangeStretches,
  SelectorError,
  TooManySamples,
} from './prometheus.ts';
import { createWorld } from './world.ts';

const t = Date.parse('2026-11-03T10:00:00.000Z');
const world = createWorld(undefined, [], { quiet: true });

describe('the simulated Prometheus', () => {
  it('answers an instant query with string values and labels that say it is simulated', () => {
    const { status, data } = instantQuery(world, 'atom_service_cpu_ratio{service="service-x"}', t);
    expect(status).toBe('success');
    expect(data.result).toEqual([
      {
        metric: {
          __name__: 'atom_service_cpu_ratio',
          service: 'service-x',
          tenant: 't1',
          region: 'eu-west',
          simulated: 'true',
        },
        value: [t / 1000, String(world.metric('cpu', 'service-x', t))],
      },
    ]);
  });

  it('knows every matcher', () => {
    const found = (matchers: string) =>
      instantQuery(world, `atom_service_replicas{${matchers}}`, t).data.result.length;
    const own = world.services.filter(s => s.tenantId === 't1').length;
    expect(found('tenant="t1"')).toBe(own);
    expect(found('tenant!="t1"')).toBe(40 - own);
    expect(found('tenant=~"t1|test"')).toBe(own + 2);
    expect(found('tenant!~"t.*", region="eu-west"')).toBe(
      world.services.filter(s => !s.tenantId.startsWith('t') && s.region === 'eu-west').length,
    );
    expect(found('nothing=""')).toBe(40);
  });

  it('aggregates', () => {
    const all = instantQuery(world, 'sum by (tenant) (atom_service_replicas)', t).data.result;
    expect(all).toHaveLength(12);
    expect(all.find(r => r.metric.tenant === 't1')?.value[1]).toBe('7');
    expect(instantQuery(world, 'count(atom_service_replicas)', t).data.result[0]?.value[1]).toBe('40');
  });

  it('leaves gaps out of a range, and whole series that have nothing', () => {
    const lost = world
      .with({ kind: 'region.fail', region: 'eu-west' }, t)
      .with({ kind: 'region.restore', region: 'eu-west' }, t + 60_000);
    const range = { start: t - 30_000, end: t + 90_000, stepMs: 15_000 };
    const [one] = rangeQuery(lost, 'atom_service_cpu_ratio{service="service-x"}', range).data.result;
    expect(one?.values.map(([s]) => s * 1000 - t)).toEqual([-30_000, -15_000, 60_000, 75_000, 90_000]);
    expect(instantQuery(lost, 'atom_service_cpu_ratio{service="service-x"}', t + 1).data.result).toEqual([]);
    expect(instantQuery(lost, 'atom_region_up{region="eu-west"}', t + 1).data.result[0]?.value[1]).toBe('0');
  });

  it('has only its own services where it is one region’s', () => {
    const result = instantQuery(world, 'atom_service_replicas', t, { region: 'sa-east' }).data.result;
    expect(new Set(result.map(r => r.metric.region))).toEqual(new Set(['sa-east']));
  });

  it('refuses what it does not understand instead of answering something else', () => {
    for (const query of ['rate(x[5m])', '', 'a{b=c}', 'a{b=~"("}', 'sum(sum(a))', 'a + b'])
      expect(() => instantQuery(world, query, t)).toThrow(SelectorError);
  });

  it('exposes every family with help, type and the simulated label', () => {
    const lines = exposition(world, t).split('\n').filter(Boolean);
    for (const line of lines)
      expect(line).toMatch(/^(# (HELP|TYPE) atom_\w+ .+|atom_\w+\{.*simulated="true".*\} -?[\d.e-]+)$/);
    expect(lines.filter(l => l.startsWith('atom_service_cpu_ratio'))).toHaveLength(40);
  });

  it('works a long range in stretches, with the same answer, and stops where nobody waits any more', async () => {
    const query = 'sum by (tenant) (atom_service_cpu_ratio)';
    const range = { start: t - 3_600_000, end: t, stepMs: 15_000 };
    let turns = 0;
    const count = () => {
      turns++;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const whole = await inSlices(rangeStretches(world, query, range));
    clearImmediate(counting);
    expect(whole).toEqual(rangeQuery(world, query, range));
    // 241 points of 40 services, and a turn after each five hundred of them.
    expect(turns).toBeGreaterThanOrEqual(15);
    const ended = new AbortController();
    const under = inSlices(rangeStretches(world, query, range), ended.signal);
    ended.abort(new Error('nobody waits'));
    await expect(under).rejects.toThrow('nobody waits');
  });

  it('refuses more samples than one answer may load, before it works any of them out', () => {
    const range = { start: t - 60_000, end: t, stepMs: 15_000 };
    const under = (most: number) => atOnce(rangeStretches(world, 'atom_service_replicas', range, {}, most));
    expect(() => under(199)).toThrow(TooManySamples);
    expect(under(200).data.result).toHaveLength(40);
  });
});
