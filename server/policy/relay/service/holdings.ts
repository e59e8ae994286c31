import { activeDigest } from '../rules/compose.ts';
import { applyEntry, type EdgeState, type Held } from '../rules/edge.ts';
import { beginMending, type Damage, type Mending, mendAlong } from '../rules/mend.ts';
import { checkEntry } from '../rules/verify.ts';
import type { AckBody, LogEntry } from '../schema.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { Voice } from './voice.ts';

/** What a relay holds: takes the hub's log, keeps it on its disk, and says of each policy what became of it. */
export class Holdings {
  readonly #deps: EngineDeps;
  readonly #voice: Voice;
  #state: EdgeState;
  #fork: string | null = null;
  #refusals: Record<string, number> = {};
  #digest = '';
  #digestOf: EdgeState['active'] | null = null;
  #damaged: readonly Damage[];
  #mending: Mending | null = null;

  constructor(deps: EngineDeps, voice: Voice) {
    const loaded = deps.disk.load();
    if (!loaded) throw new Error('The relay has not joined a hub yet.');
    this.#deps = deps;
    this.#voice = voice;
    this.#state = loaded.state;
    this.#damaged = loaded.discarded;
    for (const what of loaded.discarded) deps.say?.('relay.discarded', { ...what });
    const pinned = deps.disk.identity();
    if (pinned && loaded.discarded.length > 0) this.#mending = beginMending(pinned, this.#state);
  }

  get state(): EdgeState {
    return this.#state;
  }

  get damaged(): readonly Damage[] {
    return this.#damaged;
  }

  get fork(): string | null {
    return this.#fork;
  }

  get refusals(): Record<string, number> {
    return { ...this.#refusals };
  }

  /** Where it goes on with the log. */
  get cursor(): number {
    return (this.#mending?.state ?? this.#state).cursor;
  }

  /** Changes with every policy that becomes active or ends here. */
  digest(): string {
    if (this.#digestOf !== this.#state.active) {
      this.#digestOf = this.#state.active;
      this.#digest = activeDigest(this.active());
    }
    return this.#digest;
  }

  /** Whether anything of it was new. */
  async take(received: readonly LogEntry[]): Promise<boolean> {
    const entries = this.#mending ? await this.#mend(received) : received;
    if (this.#fork) return false;
    const before = this.#state;
    let state = before;
    const acks: AckBody[] = [];
    for (const entry of entries) {
      const checked = checkEntry(entry, state.keys);
      if (!checked.ok) {
        this.refuse(checked.reason);
        break;
      }
      const result = applyEntry(state, checked.value, this.#deps.now());
      if (result.outcome === 'duplicate') continue;
      if (result.outcome === 'gap') break;
      if (result.outcome === 'fork') {
        this.#forked(result.reason);
        break;
      }
      state = result.state;
      acks.push(...result.acks);
    }
    if (state === before) return false;
    // First the disk: what could not be kept was not taken, and is pulled again.
    this.#deps.disk.save(before, state);
    this.#state = state;
    for (const ack of acks) {
      if (ack.phase === 'refused') this.refuse(`policy_${ack.reason ?? 'unknown'}`);
      await this.#voice.say(ack);
    }
    return true;
  }

  /** Along the log from its beginning; what comes behind the place this relay stands at is given back. */
  async #mend(entries: readonly LogEntry[]): Promise<readonly LogEntry[]> {
    if (!this.#mending || this.#fork) return [];
    const { mending, whole, rest, refused, fork } = mendAlong(this.#mending, entries, this.#state);
    this.#mending = mending;
    if (refused) this.refuse(refused);
    if (fork) this.#forked(fork);
    if (!whole) return [];
    this.#deps.disk.replace(whole);
    const lost = this.#damaged.map(damage => damage.policy);
    this.#state = whole;
    this.#mending = null;
    this.#damaged = [];
    this.#deps.say?.('relay.mended', { policies: lost });
    for (const [policy, held] of whole.active)
      if (lost.includes(policy)) await this.#ackHeld(held, 'active', held.epoch);
    await this.ackStaged();
    return rest;
  }

  /** Said again at each connection: the word that decides may have been lost with the one before. */
  async ackStaged(): Promise<void> {
    for (const held of this.#state.staged.values()) await this.#ackHeld(held, 'staged', this.#state.epoch);
  }

  #ackHeld({ rollout, version, policy }: Held, phase: AckBody['phase'], epoch: number): Promise<void> {
    const { hash, content } = policy;
    return this.#voice.say({ type: 'ack', rollout, policy: content.id, version, phase, hash, epoch });
  }

  #forked(reason: string): void {
    this.#fork = reason;
    this.refuse('fork');
  }

  place(region: string | null, labels: Record<string, string>): void {
    const before = this.#state;
    if (before.region === region && JSON.stringify(before.labels) === JSON.stringify(labels)) return;
    this.#state = { ...before, region, labels };
    this.#deps.disk.save(before, this.#state);
  }

  active() {
    return [...this.#state.active].map(([policy, h]) => ({
      policy,
      version: h.version,
      hash: h.policy.hash,
      epoch: h.epoch,
    }));
  }

  refuse(reason: string): void {
    this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1;
    this.#deps.say?.('relay.refusal', { reason });
  }
}
