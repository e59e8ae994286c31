import { type HubClock, isFresh, type Lease, takeBeat } from '../rules/lease.ts';
import type { HubBeat } from '../schema.ts';
import type { EngineDeps } from './engine-deps.ts';

/** How long ago the hub's word was good, kept over restarts. */
export class Freshness {
  readonly #deps: Pick<EngineDeps, 'disk' | 'mono' | 'now'>;
  #lease: Lease | null = null;
  #clock: HubClock | null = null;
  #at: number | null;

  constructor(deps: Pick<EngineDeps, 'disk' | 'mono' | 'now'>) {
    this.#deps = deps;
    this.#at = deps.disk.freshAt();
  }

  /** What the hub's clock said in its welcome, and when it was asked. */
  setClock(hubAt: number, askedAtMono: number): void {
    this.#clock = { hubAt, askedAtMono };
  }

  take(beat: HubBeat, epoch: number): void {
    if (this.#clock) this.#lease = takeBeat(this.#lease, beat, this.#clock, this.#deps.mono());
    this.#note(epoch);
  }

  is(epoch: number): boolean {
    return isFresh(this.#lease, this.#clock, this.#deps.mono(), epoch);
  }

  staleForMs(): number | null {
    if (this.#lease) return this.#deps.mono() - this.#lease.freshAtMono;
    // Since before the start: by the wall clock, and not at all if that one was set back meanwhile.
    const since = this.#at === null ? null : this.#deps.now().getTime() - this.#at;
    return since === null || since < 0 ? null : since;
  }

  /** Now and then only: too early a time makes a relay stricter, never laxer. */
  #note(epoch: number): void {
    const now = this.#deps.now().getTime();
    if (!this.is(epoch) || (this.#at !== null && Math.abs(now - this.#at) < 5000)) return;
    this.#at = now;
    this.#deps.disk.noteFresh(now);
  }
}
