import { describe, expect, it } from 'vitest';
import { type Desired, discrepancies, type Observed, toRollBack } from './rules.ts';

const now = 1_000_000;
const limits = { graceMs: 10_000, silentMs: 10_000 };
const desired: Desired[] = [{ policy: 'p', version: 3, hash: 'h3', since: 0 }];
const relay = (held: [string, number, string][], change: Partial<Observed> = {}): Observed => ({
  relay: 'r',
  lastSeenAt: now,
  concerns: new Set(['p']),
  held: new Map(held.map(([policy, version, hash]) => [policy, { version, hash }])),
  ...change,
});
const kinds = (observed: Observed, wanted = desired) =>
  discrepancies(wanted, [observed], now, limits).map(d => d.kind);

describe('what relays hold against what they should', () => {
  it.each<[string, Observed, string[]]>([
    ['holds it', relay([['p', 3, 'h3']]), []],
    ['holds another content under the number', relay([['p', 3, 'x']]), ['wrong_hash']],
    ['holds an older one', relay([['p', 2, 'h2']]), ['older']],
    ['holds one that was never activated', relay([['p', 4, 'h4']]), ['unknown']],
    ['holds nothing', relay([]), ['missing']],
    [
      'holds a policy that does not concern it',
      relay([
        ['p', 3, 'h3'],
        ['q', 1, 'q'],
      ]),
      ['unknown'],
    ],
    ['does not concern it', relay([], { concerns: new Set() }), []],
    ['was not heard of', relay([], { lastSeenAt: now - 10_001 }), ['silent']],
    ['was never heard of', relay([], { lastSeenAt: null }), ['silent']],
  ])('%s', (_, observed, wanted) => {
    expect(kinds(observed)).toEqual(wanted);
  });

  it('gives a young version its time', () => {
    expect(kinds(relay([]), [{ policy: 'p', version: 3, hash: 'h3', since: now - 9_999 }])).toEqual([]);
    expect(kinds(relay([]), [{ policy: 'p', version: 3, hash: 'h3', since: now - 10_000 }])).toEqual([
      'missing',
    ]);
  });

  it('takes back what more than the limit in touch cannot hold, and nothing for a cut network', () => {
    const of = (n: number, change: Partial<Observed> = {}) =>
      discrepancies(
        desired,
        Array.from({ length: n }, (_, i) => relay([], { relay: `r${i}`, ...change })),
        now,
        limits,
      );
    expect(toRollBack(of(3), 3)).toBeNull();
    expect(toRollBack(of(4), 3)).toBe('p');
    expect(toRollBack(of(50, { lastSeenAt: 0 }), 3)).toBeNull();
  });
});
