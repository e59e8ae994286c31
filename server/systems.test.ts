import { describe, expect, it } from 'vitest';
import { phasePorts, systems } from './systems.ts';

const twice = (values: readonly (string | number | undefined)[]) =>
  values.filter((value, at) => value !== undefined && values.indexOf(value) !== at);
const ranges = {
  federation: [8401, 8407, 'G.1'],
  selfhost: [8601, 8606, 'G.3'],
  policy: [8700, 8705, 'G.5'],
  governance: [8801, 8808, 'H.4'],
  intelligence: [9001, 9006, 'I.1'],
} as const;

describe('the table of systems', () => {
  it('names nothing twice', () => {
    expect(twice([...systems.map(s => s.port), ...Object.values(phasePorts)])).toEqual([]);
    expect(twice(systems.map(s => s.key))).toEqual([]);
    expect(twice(systems.map(s => `${s.area}/${s.slug}`))).toEqual([]);
    expect(twice(systems.map(s => s.report?.[0]))).toEqual([]);
    expect(twice(systems.map(s => s.report?.[1]))).toEqual([]);
  });
  it.each(Object.entries(ranges))('fills the ports of %s without a gap', (area, [first, last, phase]) => {
    const of = systems.filter(s => s.area === area);
    const wanted = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    expect(of.map(s => s.port)).toEqual(wanted);
    expect(of.map(s => s.report?.[0])).toEqual(wanted.map((_, i) => `${phase}.${i + 1}`));
    expect(of.every(s => s.phase === phase)).toBe(true);
  });
  it('counts thirty-three, and the platform beside them without port, phase or report', () => {
    const numbered = systems.filter(s => s.port !== undefined);
    expect(numbered).toHaveLength(33);
    for (const s of systems.filter(x => x.area === 'platform'))
      expect([s.port, s.phase, s.report]).toEqual([undefined, undefined, undefined]);
  });
});
