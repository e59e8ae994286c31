import type { Decided, RelayProgram, Status } from './programs.ts';

/**
 * Looks at every relay all the time and keeps what must never be seen. What was active is compared with the history of
 * the hub at the end, since a relay may answer before the test knows what the hub has decided.
 */
export class Watch {
  readonly violations: string[] = [];
  /** `policy version hash epoch` of everything that was active anywhere at any time. */
  readonly seen = new Set<string>();
  looks = 0;
  readonly #epochs = new Map<string, number>();
  readonly #current = new Map<string, { version: number; at: number }>();
  readonly #strict: readonly string[];
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(strict: readonly string[]) {
    this.#strict = strict;
  }

  over(relays: readonly RelayProgram[]): void {
    this.#running = Promise.all([this.#running, ...relays.map(relay => this.#follow(relay))]);
  }

  /** A disk that was set back by hand may show an older epoch, once. */
  forget(relay: RelayProgram): void {
    this.#epochs.delete(relay.id);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #follow(relay: RelayProgram): Promise<void> {
    while (!this.#stopped) {
      if (relay.up) await this.#look(relay).catch(() => {}); // it was killed meanwhile
      await new Promise(resolve => setTimeout(resolve, 60));
    }
  }

  async #look(relay: RelayProgram): Promise<void> {
    const status = await relay.status();
    if (status) this.#judgeStatus(relay, status);
    for (const kind of this.#strict) {
      const asked = performance.now();
      const decided = await relay.decide(kind);
      if (decided && !decided.stale && decided.under.length > 0)
        this.#judgeCurrent(relay, decided, asked, performance.now());
    }
    this.looks += 1;
  }

  #judgeStatus(relay: RelayProgram, status: Status): void {
    for (const a of status.active) this.seen.add(`${a.policy} ${a.version} ${a.hash} ${a.epoch}`);
    const before = this.#epochs.get(relay.id) ?? 0;
    if (status.epoch < before)
      this.violations.push(`${relay.id} went from epoch ${before} to ${status.epoch}`);
    this.#epochs.set(relay.id, status.epoch);
    if (status.fork) this.violations.push(`${relay.id} sees a fork: ${status.fork}`);
  }

  /** Strict kinds: once anybody decided by the new version as current, nobody does by the old one any more. */
  #judgeCurrent(relay: RelayProgram, decided: Decided, asked: number, answered: number): void {
    for (const { policy, version } of decided.under) {
      const newest = this.#current.get(policy);
      if (newest && version < newest.version && asked > newest.at)
        this.violations.push(
          `${relay.id} took ${policy} ${version} for current after ${newest.version} was elsewhere`,
        );
      if (!newest || version > newest.version) this.#current.set(policy, { version, at: answered });
    }
  }
}
