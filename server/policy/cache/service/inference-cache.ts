import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import type { RelayEngine } from '#server/policy/relay/service/engine.ts';
import { Lru } from '../rules/lru.ts';
import type { InvalidateInput, Lookup, LookupInput, Stored, StoreInput } from '../schema.ts';

export { invalidateInput, lookupInput, storeInput } from '../schema.ts';

interface Kept {
  value: StoreInput['value'];
  at: number;
}

interface Flight {
  done: Promise<void>;
  land: () => void;
  until: number;
}

/** Overhead of an entry beside its text: key, map slots, tags. Measured, rounded up. */
const overheadBytes = 400;
const flightMs = 10_000;
/** Who asks and never answers must not fill the memory either. */
const mostFlights = 10_000;

/** What the cache needs of the relay beside it. */
export type EdgePolicies = Pick<RelayEngine, 'digest' | 'decide'>;

/**
 * Answers of models, kept at the edge. The key holds the digest of the active policies, so a new policy or model makes old
 * answers unreachable by construction; that they are dropped as well only frees their memory.
 */
export class InferenceCache {
  readonly #engine: EdgePolicies;
  readonly #lru: Lru<Kept>;
  readonly #limit: number;
  readonly #now: () => number;
  readonly #flights = new Map<string, Flight>();
  #policies = '';
  #refused = 0;
  #coalesced = 0;

  constructor(engine: EdgePolicies, options: { bytes: number; now: () => number }) {
    this.#engine = engine;
    this.#limit = options.bytes;
    this.#lru = new Lru(options.bytes);
    this.#now = options.now;
  }

  async lookup(input: LookupInput): Promise<Lookup> {
    const key = this.#key(input);
    const policies = this.#policies;
    // Consent that ran out while the hub is out of reach ends what was kept under it, too.
    if (this.#mayNot(input.tenant)) {
      this.#refused += 1;
      return { hit: false, compute: true, policies };
    }
    const kept = this.#lru.get(key, this.#now());
    if (kept) return hit(kept, this.#now());
    const flight = this.#flights.get(key);
    if (!flight || flight.until <= this.#now()) {
      this.#takeOff(key);
      return { hit: false, compute: true, policies };
    }
    this.#coalesced += 1;
    if (input.waitMs === 0) return { hit: false, compute: false, policies };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, input.waitMs);
    });
    await Promise.race([flight.done, late]);
    clearTimeout(timer);
    const landed = this.#key(input) === key ? this.#lru.get(key, this.#now()) : undefined;
    return landed ? hit(landed, this.#now()) : { hit: false, compute: false, policies: this.#policies };
  }

  #takeOff(key: string): void {
    let land = () => {};
    const done = new Promise<void>(resolve => {
      land = resolve;
    });
    this.#flights.delete(key);
    this.#flights.set(key, { done, land, until: this.#now() + flightMs });
    for (const [oldest, flight] of this.#flights) {
      if (this.#flights.size <= mostFlights && flight.until > this.#now()) break;
      flight.land();
      this.#flights.delete(oldest);
    }
  }

  store(input: StoreInput): Stored {
    const key = this.#key(input);
    const outdated = input.policies !== undefined && input.policies !== this.#policies;
    const refusal = outdated
      ? 'The policies changed while it was computed: it may not be what they say now.'
      : this.#mayNot(input.tenant);
    const flight = this.#flights.get(key);
    this.#flights.delete(key);
    let stored: Stored;
    if (refusal) {
      this.#refused += 1;
      stored = { stored: false, reason: refusal };
    } else {
      const bytes = Buffer.byteLength(JSON.stringify(input.value)) + overheadBytes;
      const fits = this.#lru.set(key, {
        value: { value: input.value, at: this.#now() },
        bytes,
        expiresAt: this.#now() + input.ttlSeconds * 1000,
        tags: [`tenant:${input.tenant}`, `model:${input.model}`, 'all'],
      });
      stored = fits
        ? { stored: true, key }
        : { stored: false, reason: 'The answer is larger than the cache.' };
    }
    flight?.land();
    return stored;
  }

  invalidate(input: InvalidateInput): number {
    if (input.everything) return this.#lru.invalidate('all');
    let dropped = 0;
    if (input.tenant) dropped += this.#lru.invalidate(`tenant:${input.tenant}`);
    if (input.model) dropped += this.#lru.invalidate(`model:${input.model}`);
    return dropped;
  }

  stats() {
    this.#followPolicies();
    const { hits, misses, ...rest } = this.#lru.stats;
    return {
      entries: this.#lru.size,
      bytes: this.#lru.bytes,
      limitBytes: this.#limit,
      hits,
      misses,
      hitRatio: hits + misses === 0 ? null : hits / (hits + misses),
      ...rest,
      coalesced: this.#coalesced,
      refused: this.#refused,
      inFlight: this.#flights.size,
      policies: this.#policies,
    };
  }

  metrics(): string {
    const s = this.stats();
    const lines: [string, string, string, number][] = [
      ['inference_cache_hits_total', 'counter', 'Lookups answered from the cache', s.hits],
      ['inference_cache_misses_total', 'counter', 'Lookups that found nothing', s.misses],
      ['inference_cache_evictions_total', 'counter', 'Entries dropped for room', s.evicted],
      [
        'inference_cache_invalidations_total',
        'counter',
        'Entries dropped on request or by a new policy',
        s.invalidated,
      ],
      ['inference_cache_refusals_total', 'counter', 'Answers that no consent lets be kept', s.refused],
      ['inference_cache_coalesced_total', 'counter', 'Lookups that met one under way', s.coalesced],
      ['inference_cache_bytes', 'gauge', 'Bytes held', s.bytes],
      ['inference_cache_entries', 'gauge', 'Entries held', s.entries],
    ];
    return lines
      .map(
        ([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`,
      )
      .join('');
  }

  /** Nothing is kept of a tenant that has not agreed to it, and nothing while that cannot be known. */
  #mayNot(tenant: string): string | null {
    const decision = this.#engine.decide('consent', { tenant, purpose: 'caching' });
    if (!decision) return 'No consent policy is active here: nothing is kept without one.';
    return decision.effect === 'allow' ? null : (decision.reasons[0] ?? 'Consent for caching is not given.');
  }

  #key({
    tenant,
    purpose,
    model,
    input,
  }: Pick<StoreInput, 'tenant' | 'purpose' | 'model' | 'input'>): string {
    this.#followPolicies();
    return sha256Hex(canonicalBytes({ tenant, purpose, model, input, policies: this.#policies }));
  }

  #followPolicies(): void {
    const now = this.#engine.digest();
    if (now === this.#policies) return;
    if (this.#policies !== '') {
      this.#lru.invalidate('all');
      for (const flight of this.#flights.values()) flight.land();
      this.#flights.clear();
    }
    this.#policies = now;
  }
}

const hit = (kept: Kept, now: number): Lookup => ({
  hit: true,
  value: kept.value,
  ageSeconds: Math.round((now - kept.at) / 1000),
});
