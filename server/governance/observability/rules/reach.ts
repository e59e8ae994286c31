import { mostBackMs, type Stretch, stepMs } from './pulling.ts';

/** How far a source of metrics was read. */
export interface Reach {
  /** Every instant before it was read. */
  knownTo: number | null;
  regions: readonly string[];
  /** Since when every pull is answered and brings nothing. */
  quietSince: number | null;
}

/** Of this stretch nothing was read; `until` itself was. */
export interface Gap {
  since: number;
  until: number;
  regions: readonly string[];
}

/**
 * What an answer says of the stretch that was asked for. An instant without any sample was not measured, as when a Prometheus
 * was down and came back: it is not taken for one at which nothing ran. Only what brings nothing for an hour has nothing.
 */
export function reached(
  before: Reach,
  { start, end, front }: Stretch,
  answer: { instants: Iterable<number>; regions: readonly string[] },
  now: number,
): { reach: Reach; gaps: Gap[] } {
  const instants = [...new Set(answer.instants)].sort((a, b) => a - b);
  const [first] = instants;
  const brought = before.regions.length > 0;
  if (first === undefined && !brought)
    return { reach: { knownTo: end + stepMs, regions: [], quietSince: null }, gaps: [] };
  const regions = first === undefined ? before.regions : answer.regions;
  let knownTo = (brought ? before.knownTo : first) ?? start;
  const gaps: Gap[] = [];
  for (const at of instants) {
    if (at > knownTo)
      gaps.push({ since: knownTo, until: at, regions: [...new Set([...before.regions, ...answer.regions])] });
    knownTo = Math.max(knownTo, at + stepMs);
  }
  if (knownTo > end) return { reach: { knownTo, regions, quietSince: null }, gaps };
  const quietSince = first === undefined ? before.quietSince : null;
  if (!front) return { reach: { knownTo, regions, quietSince }, gaps };
  if (now - (quietSince ?? now) >= mostBackMs) {
    // It has nothing since an hour ago; of what lies before, nobody knows.
    const until = now - mostBackMs;
    if (until > knownTo) gaps.push({ since: knownTo, until, regions: before.regions });
    return { reach: { knownTo: end + stepMs, regions: [], quietSince: null }, gaps };
  }
  return { reach: { knownTo, regions, quietSince: quietSince ?? now }, gaps };
}
