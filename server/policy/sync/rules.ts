import type { DiscrepancyKind } from './schema.ts';

export interface Desired {
  policy: string;
  version: number;
  hash: string;
  /** When it became the fleet's version. */
  since: number;
}

export interface Observed {
  relay: string;
  lastSeenAt: number | null;
  /** The policies that concern this relay. */
  concerns: ReadonlySet<string>;
  held: ReadonlyMap<string, { version: number; hash: string }>;
}

export interface Discrepancy {
  relay: string;
  policy: string;
  kind: DiscrepancyKind;
  desired: number;
  observed: number | null;
}

export interface Limits {
  /** A version that young may still be on its way. */
  graceMs: number;
  /** A relay that was heard of less recently says nothing about now. */
  silentMs: number;
}

/** What should be against what relays say that is. A silent relay is one finding, not one for each of its policies. */
export function discrepancies(
  desired: readonly Desired[],
  observed: readonly Observed[],
  now: number,
  limits: Limits,
): Discrepancy[] {
  return observed.flatMap(relay => {
    if (relay.lastSeenAt === null || now - relay.lastSeenAt > limits.silentMs)
      return [{ relay: relay.relay, policy: '*', kind: 'silent' as const, desired: 0, observed: null }];
    const wanted = new Map(desired.filter(d => relay.concerns.has(d.policy)).map(d => [d.policy, d]));
    const found: Discrepancy[] = [];
    for (const [policy, d] of wanted) {
      const held = relay.held.get(policy);
      const of = (kind: DiscrepancyKind) => ({
        relay: relay.relay,
        policy,
        kind,
        desired: d.version,
        observed: held?.version ?? null,
      });
      if (held?.version === d.version) {
        if (held.hash !== d.hash) found.push(of('wrong_hash'));
        continue;
      }
      if (now - d.since < limits.graceMs) continue;
      found.push(of(held ? (held.version < d.version ? 'older' : 'unknown') : 'missing'));
    }
    for (const [policy, held] of relay.held)
      if (!wanted.has(policy))
        found.push({ relay: relay.relay, policy, kind: 'unknown', desired: 0, observed: held.version });
    return found;
  });
}

/**
 * The policy to take back: more relays than the limit that are in touch do not hold it. A silent relay says nothing about a
 * policy, so a cut network alone never rolls anything back.
 */
export function toRollBack(found: readonly Discrepancy[], limit: number): string | null {
  const counts = new Map<string, number>();
  for (const d of found)
    if (d.kind === 'missing' || d.kind === 'older' || d.kind === 'wrong_hash')
      counts.set(d.policy, (counts.get(d.policy) ?? 0) + 1);
  const [worst] = [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return worst && worst[1] > limit ? worst[0] : null;
}
