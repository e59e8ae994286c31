import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipAddress } from '../schema/address.ts';
import { bytesBetween, lapsedAt, leaseMs } from './lease.ts';
import { placeOf } from './places.ts';
import { answersUs, breakerOf, regionDown } from './quorum.ts';
import { readinessOf } from './readiness.ts';
import { type Candidate, rankRegions, refusalOf } from './route.ts';

const candidate = fc.record({
  region: fc.string({ minLength: 1, maxLength: 8 }),
  country: fc.option(fc.constantFrom('IE', 'US', 'IN')),
  lat: fc.option(fc.double({ min: -90, max: 90, noNaN: true })),
  lon: fc.option(fc.double({ min: -180, max: 180, noNaN: true })),
  state: fc.constantFrom('active', 'degraded', 'unreachable', 'quarantined', 'pending', 'retired'),
  simulated: fc.boolean(),
  home: fc.boolean(),
  load: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  refused: fc.option(fc.constant('not allowed')),
  price: fc.option(fc.double({ min: 0, max: 10, noNaN: true })),
  denied: fc.option(fc.constant('by policy')),
  right: fc.option(
    fc.record({
      is: fc.constantFrom('writes' as const, 'refuses' as const, 'unknown' as const),
      said: fc.constant('right to write: x'),
      writers: fc.array(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 3 }),
    }),
  ),
});
const candidates = fc.uniqueArray(candidate, { selector: c => c.region, maxLength: 12 });
const narrowing = fc.record(
  {
    regions: fc.array(fc.string({ minLength: 1, maxLength: 8 })),
    countries: fc.array(fc.constantFrom('IE', 'US', 'IN')),
  },
  { requiredKeys: [] },
);

describe('a route', () => {
  it('never leads where the data may not lie, whatever is down, and narrowing never widens', () => {
    fc.assert(
      fc.property(candidates, narrowing, (list, narrow) => {
        const ranked = rankRegions(list, { lat: 50, lon: 8 }, narrow);
        for (const r of ranked.filter(one => one.kept)) {
          const c = list.find(one => one.region === r.region);
          expect(c?.refused).toBeNull();
          expect(['active', 'degraded']).toContain(c?.state);
          if (narrow.regions) expect(narrow.regions).toContain(r.region);
          if (narrow.countries) expect(narrow.countries).toContain(c?.country);
        }
        expect(ranked).toHaveLength(list.length);
        expect(ranked.every(r => r.reasons.length > 0)).toBe(true);
        expect(refusalOf(ranked) === null).toBe(ranked.some(r => r.kept));
      }),
    );
  });

  it('puts whole before degraded, whatever the distance, and does not depend on the order it is given', () => {
    fc.assert(
      fc.property(candidates, list => {
        const ranked = rankRegions(list, { lat: 0, lon: 0 }).filter(r => r.kept);
        const states = ranked.map(r => list.find(c => c.region === r.region)?.state);
        expect(states.lastIndexOf('active')).toBeLessThan(
          states.includes('degraded') ? states.indexOf('degraded') : 99,
        );
        expect(rankRegions([...list].reverse(), { lat: 0, lon: 0 })).toEqual(
          rankRegions(list, { lat: 0, lon: 0 }),
        );
      }),
    );
  });

  it('weighs room before distance, distance in steps, then home, then price; what a policy puts first goes first', () => {
    const at = (region: string, more: Partial<Candidate>): Candidate => ({
      ...{ region, country: null, lat: 50, lon: 8, state: 'active', simulated: true, home: false },
      ...{ load: null, price: null, refused: null, denied: null, right: null },
      ...more,
    });
    const here = { lat: 50, lon: 8 };
    const first = (list: Candidate[], strategy: Parameters<typeof rankRegions>[3] = null) =>
      rankRegions(list, here, {}, strategy).map(r => r.region);
    const near = at('near', { price: 2 });
    const far = at('far', { lat: 20, price: 1 });
    expect(first([near, far])).toEqual(['near', 'far']);
    expect(first([at('near', { load: 0.95 }), far])).toEqual(['far', 'near']);
    expect(first([near, at('next', { lat: 50.5, price: 1 })])).toEqual(['next', 'near']);
    expect(first([near, at('next', { lat: 50.5, price: 1 }), at('own', { home: true, price: 9 })])).toEqual([
      ...['own', 'next', 'near'],
    ]);
    expect(first([near, far], { by: 'cost', first: 'far' })).toEqual(['far', 'near']);
    const reasons = rankRegions([near, at('full', { load: 0.93 })], here).map(r => r.reasons.join('; '));
    expect(reasons[0]).toContain(
      'capacity: not known, its heartbeats say no load; cost: 2 times the cheapest',
    );
    expect(reasons[1]).toContain('capacity: 93 % used, so those with room go first; cost: not known');
  });

  it('with every allowed region down is a refusal that says so, not a region elsewhere', () => {
    const at = (region: string, state: string, refused: string | null): Candidate => ({
      ...{
        region,
        state,
        refused,
        country: null,
        lat: 1,
        lon: 1,
        simulated: true,
        home: false,
        load: null,
        price: null,
        denied: null,
        right: null,
      },
    });
    const ranked = rankRegions([at('eu', 'unreachable', null), at('us', 'active', 'eu only')], null);
    expect(ranked.some(r => r.kept)).toBe(false);
    expect(refusalOf(ranked)).toContain('eu (health: it is unreachable)');
    expect(refusalOf(rankRegions([at('us', 'active', 'eu only')], null))).toBe(
      'No region may hold this tenant’s data.',
    );
  });
});

it.each([
  ['2.1.2.3', 'European'],
  ['8.8.8.8', null],
  ['10.1.1.1', null],
  ['100.64.0.1', null],
  ['100.1.1.1', 'North American'],
  ['189.1.1.1', 'Latin American'],
  ['2a02::1', 'European'],
  ['2400:cb00::1', 'Asia-Pacific'],
  ['::1', null],
  ['fe80::1', null],
])('%s lies in the %s block', (ip, where) => {
  expect(placeOf(ip)?.source ?? null).toEqual(where === null ? null : expect.stringContaining(where));
});

describe('an address', () => {
  const octet = fc.nat(255);
  const hex = (high: number, low: number) => (high * 256 + low).toString(16);

  it('written as IPv4 within IPv6 lies where the IPv4 address does', () => {
    fc.assert(
      fc.property(octet, octet, octet, octet, fc.boolean(), (a, b, c, d, upper) => {
        const plain = `${a}.${b}.${c}.${d}`;
        const place = placeOf(plain);
        for (const form of [
          `::ffff:${plain}`,
          `::ffff:${hex(a, b)}:${hex(c, d)}`,
          `0:0:0:0:0:ffff:${hex(a, b)}:${hex(c, d)}`,
          `0000:0000:0000:0000:0000:ffff:${plain}`,
          `0::ffff:${hex(a, b).padStart(4, '0')}:${hex(c, d).padStart(4, '0')}`,
        ]) {
          const written = upper ? form.toUpperCase() : form;
          expect(ipAddress.safeParse(written).success).toBe(true);
          expect([written, placeOf(written)]).toEqual([written, place]);
        }
        // Other prefixes in front of the same digits are other addresses.
        expect(placeOf(`::fffe:${plain}`)).toBeNull();
        expect(placeOf(`::${plain}`)).toBeNull();
      }),
    );
    expect(placeOf('::ffff:203.0.113.5')?.source).toContain('Asia-Pacific');
    expect(placeOf('::ffff:cb00:7105')?.source).toContain('Asia-Pacific');
  });

  it('is one exactly where the system takes it for one', () => {
    const near = fc
      .array(fc.constantFrom('::', ':', '.', '0', '1', 'ffff', 'fe80', '255', '256', '01', 'g', ' ', '-'), {
        maxLength: 18,
      })
      .map(parts => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), near, fc.string()), text => {
        fc.pre(!text.includes('%'));
        expect(ipAddress.safeParse(text).success).toBe(isIP(text) > 0);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['fe80::1%eth0', 'Leave the zone'],
    ['::ffff:203.0.113.5%3', 'Leave the zone'],
    ['[::ffff:203.0.113.5]', 'without brackets'],
    ['[2a02::1]:443', 'without brackets'],
    ['203.0.113.5:443', 'without a port'],
    ['203.000.113.5', 'Not an IPv4'],
    ['::ffff:203.0.113', 'Not an IPv4'],
    ['1'.repeat(65), 'Not an IPv4'],
  ])('%s is refused with what to do', (text, why) => {
    expect(ipAddress.safeParse(text).error?.issues.at(0)?.message).toContain(why);
  });
});

describe('a loss', () => {
  const now = Date.parse('2026-01-01T00:01:00Z');
  const seen = (observer: string, up: boolean | null, forMs = 10_000, ageMs = 0) => ({
    ...{ observer, region: 'eu', up, said: '' },
    at: new Date(now - ageMs).toISOString(),
    since: new Date(now - forMs).toISOString(),
  });
  it('needs as many observers as the quorum says', () => {
    expect(regionDown([seen('a', false), seen('b', true)], 2, now).down).toBe(false);
    expect(regionDown([seen('a', false), seen('b', false)], 2, now).down).toBe(true);
    expect(regionDown([seen('a', false), seen('b', false)], 3, now).down).toBeNull();
  });
  it('is not agreed on while the console itself has an answer, however many say so; an old answer is none', () => {
    const others = [seen('a', false), seen('b', false), seen('c', false)];
    expect(regionDown([seen('console', true), ...others], 2, now)).toMatchObject({
      ...{ down: false, votes: 3, since: null, disputed: true },
    });
    expect(answersUs([seen('console', true), ...others], 2, now)).toBe(true);
    expect(regionDown([seen('us', true), ...others], 2, now)).toMatchObject({ down: true, disputed: false });
    expect(regionDown([seen('console', true, 60_000, 7_000), ...others], 2, now).down).toBe(true);
    expect(regionDown([seen('console', true)], 2, now)).toMatchObject({ down: false, disputed: false });
  });
  it('one who does not know, is stale, or lost sight a moment ago does not vote', () => {
    for (const other of [seen('b', null), seen('b', false, 10_000, 60_000), seen('b', false, 500)])
      expect(regionDown([seen('a', false), other], 2, now).down).toBeNull();
    expect(regionDown([], 2, now).down).toBeNull();
  });
  it('is held down after a failover and by the number in an hour; dry runs do not count', () => {
    const settings = { holdDownMinutes: 10, maxPerHour: 2 };
    const run = (minutesAgo: number, dry = false) => ({
      dry,
      startedAt: new Date(now - minutesAgo * 60_000).toISOString(),
    });
    expect(breakerOf(settings, [], now)).toBeNull();
    expect(breakerOf(settings, [run(5)], now)).toContain('held down');
    expect(breakerOf(settings, [run(5, true)], now)).toBeNull();
    expect(breakerOf(settings, [run(11)], now)).toBeNull();
    expect(breakerOf(settings, [run(20), run(40)], now)).toContain('2 failovers within the hour');
  });
});

it('an old primary has certainly stopped only a lease after the fence was closed', () => {
  expect(lapsedAt(1000)).toBeGreaterThan(1000 + leaseMs);
  expect(bytesBetween('0/10', '1/0')).toBe(2 ** 32 - 16);
  expect(bytesBetween(null, '1/0')).toBeNull();
  expect(bytesBetween('1/0', '0/10')).toBe(0);
});

describe('readiness', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const good = {
    idle: [],
    streams: [
      {
        ...{
          id: 's',
          health: 'streaming',
          why: '0 s behind',
          at: new Date(now).toISOString(),
          lagBytes: 0,
          lagSeconds: 0,
        },
        parity: [{ table: 'app.t', state: 'equal', at: new Date(now).toISOString() }],
        back: { ready: true, found: '' },
      },
    ],
    left: [],
    refused: [],
    unknownRoles: [],
    guards: ['a', 'b'].map(region => ({ region, unguarded: [], at: new Date(now).toISOString() })),
    observersFresh: 2,
    quorum: 2,
    target: 'active',
    others: Object.fromEntries(
      ['secrets', 'images', 'trust', 'restore', 'region-restore'].map(k => [k, { ready: true, found: '' }]),
    ),
  };
  const [stream] = good.streams;
  it('tells what fails from what nobody knows and from what nothing is connected for; none of them is ready', () => {
    const { secrets: _secrets, 'region-restore': _restore, ...others } = good.others;
    const missing = readinessOf('a', 'b', { ...good, others }, false, now);
    expect(missing).toMatchObject({ ready: false, state: 'not-connected' });
    expect(missing.verdict).toContain(
      'Everything that this console can see lets a fail over to b; not connected: secrets',
    );
    for (const row of missing.rows)
      expect(row.mend === null, row.id).toBe(!['secrets', 'region-restore'].includes(row.id));
    const unknown = readinessOf('a', 'b', { ...good, others, observersFresh: 0 }, false, now);
    expect(unknown).toMatchObject({ ready: false, state: 'unknown' });
    const refused = [{ tenant: 't', reason: 't allows IE only' }];
    expect(readinessOf('a', 'b', { ...good, others, refused }, false, now)).toMatchObject({
      ...{ ready: false, state: 'not-ready' },
    });
    expect(readinessOf('a', 'b', good, false, now).state).toBe('ready');
  });

  it('is there only when every row is', () => {
    expect(readinessOf('a', 'b', good, false, now).ready).toBe(true);
  });
  it.each([
    ['no stream', { streams: [] }],
    ['a stream that is still being made', { idle: [{ id: 's2', why: 'it is still being made' }] }],
    ['a stream that was not looked at', { streams: [{ ...stream, at: null }] }],
    ['a look of a minute ago', { streams: [{ ...stream, at: new Date(now - 60_000).toISOString() }] }],
    ['a stream that is unknown', { streams: [{ ...stream, health: 'unknown' }] }],
    ['a lag that is not known', { streams: [{ ...stream, lagSeconds: null }] }],
    ['a lag of a minute', { streams: [{ ...stream, lagSeconds: 60 }] }],
    [
      'a table that differs',
      { streams: [{ ...stream, parity: [{ table: 't', state: 'differs', at: null }] }] },
    ],
    [
      'a comparison of last week',
      { streams: [{ ...stream, parity: [{ table: 't', state: 'equal', at: '2025-12-20T00:00:00Z' }] }] },
    ],
    ['no way back', { streams: [{ ...stream, back: { ready: false, found: '' } }] }],
    ['a way back that could not be asked', { streams: [{ ...stream, back: { ready: null, found: '' } }] }],
    ['a region whose role nobody knows', { unknownRoles: ['a'] }],
    ['a table that nobody guards', { guards: [{ ...good.guards[0], unguarded: ['app.t'] }] }],
    ['guards that were not looked at', { guards: [{ ...good.guards[0], at: null }] }],
    ['too few observers', { observersFresh: 1 }],
    ['a target that nobody knows', { target: null }],
    ['a quarantined target', { target: 'quarantined' }],
    ['nothing said of restores', { others: {} }],
    ['a restore that nobody can tell', { others: { ...good.others, restore: { ready: null, found: '' } } }],
  ])('is not there with %s', (_what, change) => {
    expect(readinessOf('a', 'b', { ...good, ...change } as never, false, now).ready).toBe(false);
  });
});
