/** Least recently used first out, bounded by bytes and by age. A `Map` keeps insertion order, so the first key is the oldest. */
export interface Entry<V> {
  value: V;
  bytes: number;
  expiresAt: number;
  tags: readonly string[];
}

export interface LruStats {
  hits: number;
  misses: number;
  evicted: number;
  expired: number;
  invalidated: number;
}

export class Lru<V> {
  readonly #entries = new Map<string, Entry<V>>();
  /** Which keys carry a tag, so that an invalidation does not walk everything. */
  readonly #tagged = new Map<string, Set<string>>();
  readonly #limit: number;
  #bytes = 0;
  readonly stats: LruStats = { hits: 0, misses: 0, evicted: 0, expired: 0, invalidated: 0 };

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.stats.misses += 1;
      return undefined;
    }
    if (entry.expiresAt <= now) {
      this.#drop(key, entry);
      this.stats.expired += 1;
      this.stats.misses += 1;
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.stats.hits += 1;
    return entry.value;
  }

  /** False when it is larger than the whole cache may be. */
  set(key: string, entry: Entry<V>): boolean {
    const before = this.#entries.get(key);
    if (before) this.#drop(key, before);
    if (entry.bytes > this.#limit) return false;
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const tag of entry.tags) {
      const keys = this.#tagged.get(tag) ?? new Set();
      keys.add(key);
      this.#tagged.set(tag, keys);
    }
    for (const [oldest, old] of this.#entries) {
      if (this.#bytes <= this.#limit) break;
      this.#drop(oldest, old);
      this.stats.evicted += 1;
    }
    return true;
  }

  invalidate(tag: string): number {
    const keys = [...(this.#tagged.get(tag) ?? [])];
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry) this.#drop(key, entry);
    }
    this.stats.invalidated += keys.length;
    return keys.length;
  }

  #drop(key: string, entry: Entry<V>): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    for (const tag of entry.tags) {
      const keys = this.#tagged.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#tagged.delete(tag);
    }
  }
}
