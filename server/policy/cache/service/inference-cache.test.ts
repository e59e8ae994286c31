import { describe, expect, it } from 'vitest';
import { decide, type Held } from '#kernel/policy/combine.ts';
import { policyContent } from '#kernel/policy/kinds.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import { lookupInput, type StoreInput, storeInput } from '../schema.ts';
import { type EdgePolicies, InferenceCache } from './inference-cache.ts';

/** A relay's policies as its engine answers for them, without its wire. */
function edge(): EdgePolicies & { held: Held[]; allow(granted: string[], tenant?: string): void } {
  const held: Held[] = [];
  return {
    held,
    allow: (granted, tenant) => {
      const version = held.length + 1;
      const content = policyContent.parse({
        id: tenant ? `consent.${tenant}` : 'consent',
        kind: 'consent',
        scope: tenant ? { tenant } : {},
        document: { granted },
        staleness: 'serve',
        expires: null,
      });
      const others = held.filter(h => h.content.id !== content.id);
      held.splice(0, held.length, ...others, { content, version, hash: `h${version}`, epoch: version });
    },
    digest: () => sha256Hex(canonicalBytes(held.map(h => [h.content.id, h.content.document, h.version]))),
    decide: (kind, question) => {
      const decision = decide(kind, held, question);
      return decision ? { ...decision, stale: false, epoch: 1 } : null;
    },
  };
}

function bench(bytes = 100_000) {
  const policies = edge();
  policies.allow(['caching']);
  let at = 0;
  const cache = new InferenceCache(policies, { bytes, now: () => at });
  const question = { tenant: 't1', purpose: 'triage', model: 'sha256:m1', input: { text: 'hello' } };
  return {
    cache,
    policies,
    pass: (ms: number) => {
      at += ms;
    },
    lookup: (more: object = {}) => cache.lookup(lookupInput.parse({ ...question, ...more })),
    store: (more: Partial<StoreInput> = {}) =>
      cache.store(storeInput.parse({ ...question, value: 'answer', ...more })),
  };
}

describe('the inference cache', () => {
  it('answers the same question again, whatever the order of its fields, until it is too old', async () => {
    const { lookup, store, pass } = bench();
    expect(await lookup({ input: { a: 1, b: 2 } })).toMatchObject({ hit: false, compute: true });
    expect(store({ input: { b: 2, a: 1 }, ttlSeconds: 10 })).toMatchObject({ stored: true });
    pass(4000);
    expect(await lookup({ input: { a: 1, b: 2 } })).toEqual({ hit: true, value: 'answer', ageSeconds: 4 });
    pass(6000);
    expect(await lookup({ input: { a: 1, b: 2 } })).toMatchObject({ hit: false });
  });

  it.each([
    ['tenant', { tenant: 't2' }],
    ['purpose', { purpose: 'search' }],
    ['model', { model: 'sha256:m2' }],
    ['input', { input: { text: 'hello ' } }],
  ])('never answers for another %s', async (_what, other) => {
    const { lookup, store } = bench();
    store();
    expect(await lookup()).toMatchObject({ hit: true });
    expect(await lookup(other)).toMatchObject({ hit: false });
  });

  it('has one caller compute while the others wait for its answer', async () => {
    const { cache, lookup, store } = bench();
    expect(await lookup()).toMatchObject({ compute: true });
    expect(await lookup()).toMatchObject({ hit: false, compute: false });
    const waiting = [lookup({ waitMs: 5000 }), lookup({ waitMs: 5000 })];
    store({ value: 42 });
    expect(await Promise.all(waiting)).toEqual([
      { hit: true, value: 42, ageSeconds: 0 },
      { hit: true, value: 42, ageSeconds: 0 },
    ]);
    expect(cache.stats()).toMatchObject({ coalesced: 3, inFlight: 0 });
  });

  it('lets the next one compute when the first never answered, and does not keep what nobody answers', async () => {
    const { cache, lookup, pass } = bench();
    await lookup();
    pass(10_001);
    expect(await lookup()).toMatchObject({ compute: true });
    for (let i = 0; i < 10_050; i += 1) await lookup({ input: i });
    expect(cache.stats().inFlight).toBe(10_000);
  });

  it('never holds more bytes than it may: the least recently used goes first', async () => {
    const { cache, lookup, store } = bench(20_000);
    const value = 'x'.repeat(4000);
    for (let i = 0; i < 4; i += 1) store({ input: i, value });
    expect(await lookup({ input: 0 })).toMatchObject({ hit: true });
    for (let i = 4; i < 6; i += 1) store({ input: i, value });
    expect(cache.stats().bytes).toBeLessThanOrEqual(20_000);
    expect(cache.stats()).toMatchObject({ entries: 4, evicted: 2 });
    expect(await lookup({ input: 0 })).toMatchObject({ hit: true });
    expect(await lookup({ input: 1 })).toMatchObject({ hit: false });
    expect(store({ input: 9, value: 'x'.repeat(30_000) })).toMatchObject({ stored: false });
  });

  it('keeps nothing without consent, and serves nothing once it is withdrawn', async () => {
    const { cache, policies, lookup, store } = bench();
    store();
    expect(await lookup()).toMatchObject({ hit: true });
    policies.allow(['analytics'], 't1');
    expect(await lookup()).toMatchObject({ hit: false, compute: true });
    expect(store()).toEqual({ stored: false, reason: expect.stringContaining('caching') });
    expect(store({ tenant: 't2' })).toMatchObject({ stored: true });
    expect(cache.stats()).toMatchObject({ refused: 2, entries: 1 });
    policies.held.length = 0;
    expect(store({ tenant: 't2' })).toMatchObject({
      stored: false,
      reason: expect.stringContaining('No consent'),
    });
  });

  it('misses everything after a new policy, and keeps no answer that was computed under the old ones', async () => {
    const { cache, policies, lookup, store } = bench();
    store();
    const missed = await lookup({ input: 'slow' });
    if (missed.hit) throw new Error('nothing was stored for it');
    policies.allow(['caching', 'analytics']);
    expect(await lookup()).toMatchObject({ hit: false });
    expect(store({ input: 'slow', policies: missed.policies })).toMatchObject({
      stored: false,
      reason: expect.stringContaining('changed'),
    });
    expect(await lookup({ input: 'slow' })).toMatchObject({ hit: false, compute: true });
    const { hits, misses, invalidated, entries, bytes } = cache.stats();
    expect({ hits, misses, invalidated, entries, bytes }).toEqual({
      hits: 0,
      misses: 3,
      invalidated: 1,
      entries: 0,
      bytes: 0,
    });
  });

  it('drops a tenant’s, a model’s or everything on request', async () => {
    const { cache, store } = bench();
    for (const tenant of ['t1', 't2']) for (const model of ['m1', 'm2']) store({ tenant, model });
    expect(cache.invalidate({ tenant: 't1' })).toBe(2);
    expect(cache.invalidate({ model: 'm2' })).toBe(1);
    expect(cache.invalidate({ everything: true })).toBe(1);
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, invalidated: 4 });
  });

  it('counts what it does in its metrics', async () => {
    const { cache, lookup, store } = bench();
    await lookup();
    store();
    await lookup();
    await lookup();
    const text = cache.metrics();
    expect(text).toContain('\ninference_cache_hits_total 2\n');
    expect(text).toContain('\ninference_cache_misses_total 1\n');
    for (const name of ['evictions_total', 'invalidations_total', 'bytes', 'entries'])
      expect(text).toMatch(new RegExp(`^inference_cache_${name} \\d+$`, 'm'));
  });
});
