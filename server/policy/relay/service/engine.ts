import { z } from 'zod';
import { type Question, questionSchema } from '#kernel/policy/evaluate.ts';
import { type PolicyKind, policyKinds } from '#kernel/policy/kinds.ts';
import { activeDigest } from '../rules/compose.ts';
import { decideAtEdge, type EdgeDecision } from '../rules/decide.ts';
import { applyEntry, type EdgeState, type Held } from '../rules/edge.ts';
import { beginMending, type Damage, type Mending, mendAlong } from '../rules/mend.ts';
import { checkBeat, checkEntry, checkWelcome } from '../rules/verify.ts';
import type { AckBody, HubFrame, LogEntry, WireEnvelope } from '../schema.ts';
import type { EngineDeps } from './engine-deps.ts';
import { Freshness } from './freshness.ts';
import { holdingsOf, type RelayStatus } from './status.ts';
import { Voice } from './voice.ts';

export const relayQuestion = questionSchema.extend({ kind: z.enum(policyKinds) });

/**
 * A relay without its wires: takes the hub's frames, keeps its disk, answers decisions. Messages out are handed to `send`;
 * what is lost there is asked for again by the hub or pulled again from the cursor.
 */
export class RelayEngine {
  readonly #deps: EngineDeps;
  #state: EdgeState;
  readonly #voice: Voice;
  readonly #fresh: Freshness;
  #helloAt = 0;
  #connected = false;
  #head: number | null = null;
  #pulling = -1;
  #fork: string | null = null;
  #refusedByHub: string | null = null;
  #refusals: Record<string, number> = {};
  #decisions = 0;
  #trust: NonNullable<RelayStatus['trust']> | null = null;
  #digest = '';
  #digestOf: EdgeState['active'] | null = null;
  #damaged: readonly Damage[];
  #mending: Mending | null = null;

  constructor(deps: EngineDeps) {
    const loaded = deps.disk.load();
    if (!loaded) throw new Error('The relay has not joined a hub yet.');
    this.#deps = deps;
    this.#state = loaded.state;
    this.#voice = new Voice(deps);
    this.#fresh = new Freshness(deps);
    this.#damaged = loaded.discarded;
    for (const what of loaded.discarded) deps.say?.('relay.discarded', { ...what });
    const pinned = deps.disk.identity();
    if (pinned && loaded.discarded.length > 0) this.#mending = beginMending(pinned, this.#state);
  }

  /** The wire is open; the hub speaks first, with a challenge. */
  opened(): void {
    this.#pulling = -1;
  }

  closed(): void {
    this.#connected = false;
    this.#pulling = -1;
  }

  async receive(frame: HubFrame): Promise<void> {
    switch (frame.frame) {
      case 'challenge':
        this.#helloAt = this.#deps.mono();
        return this.#hello(frame.nonce);
      case 'welcome':
        return this.#welcomed(frame.welcome);
      case 'entries':
        this.#pulling = -1;
        await this.#take(frame.entries);
        return this.#pullIfBehind();
      case 'beat': {
        const checked = checkBeat(frame.beat, this.#state.keys, this.#state.hub);
        if (!checked.ok) return this.#refuse(`beat_${checked.reason}`);
        this.#fresh.take(checked.value, this.#state.epoch);
        await this.#hearTrust(checked.value.trust);
        this.#head = Math.max(this.#head ?? 0, checked.value.head);
        return this.#pullIfBehind();
      }
      case 'refused':
        this.#refusedByHub = frame.message;
        this.#deps.say?.('relay.refused', { code: frame.code, message: frame.message });
    }
  }

  /** A sign of life with what this relay holds, so that the hub sees a difference even if an acknowledgement was lost. */
  async beat(): Promise<void> {
    if (!this.#connected) return;
    await this.#voice.say({
      type: 'beat',
      cursor: this.#state.cursor,
      epoch: this.#state.epoch,
      digest: this.digest(),
      decisions: this.#decisions,
      stale: !this.fresh(),
      ...(this.#trust ? { trust: this.#trust.sequence } : {}),
    });
  }

  /** Answered at once: whoever decided waits for everybody to have heard. */
  async #hearTrust(trust: RelayStatus['trust'] | undefined): Promise<void> {
    if (!trust || trust.sequence <= (this.#trust?.sequence ?? -1)) return;
    this.#trust = trust;
    await this.beat();
  }

  fresh(): boolean {
    return this.#fresh.is(this.#state.epoch);
  }

  /** `null` = no policy of the kind is active here for this question. */
  decide(kind: PolicyKind, question: Question): EdgeDecision | null {
    this.#decisions += 1;
    return decideAtEdge(
      {
        state: this.#state,
        damaged: this.#damaged,
        fresh: this.fresh(),
        staleForMs: this.#fresh.staleForMs(),
        now: this.#deps.now(),
      },
      kind,
      question,
    );
  }

  policy(id: string) {
    const held = this.#state.active.get(id);
    return held
      ? {
          ...held.policy.content,
          version: held.version,
          hash: held.policy.hash,
          epoch: held.epoch,
          statement: held.statement,
        }
      : null;
  }

  /** Changes with every policy that becomes active or ends here. */
  digest(): string {
    if (this.#digestOf !== this.#state.active) {
      this.#digestOf = this.#state.active;
      this.#digest = activeDigest(this.#active());
    }
    return this.#digest;
  }

  status(): RelayStatus {
    const { id, agent } = this.#deps;
    const { hub, region, labels, cursor, epoch } = this.#state;
    return {
      id,
      hub,
      region,
      labels,
      connected: this.#connected,
      fresh: this.fresh(),
      staleForMs: this.fresh() ? null : this.#fresh.staleForMs(),
      cursor,
      head: this.#head,
      epoch,
      ...holdingsOf(this.#state),
      damaged: this.#damaged.map(({ policy, version, reason }) => ({ policy, version, reason })),
      refusals: { ...this.#refusals },
      fork: this.#fork,
      refusedByHub: this.#refusedByHub,
      decisions: this.#decisions,
      trust: this.#trust,
      agent,
    };
  }

  async #take(received: readonly LogEntry[]): Promise<void> {
    const entries = this.#mending ? await this.#mend(received) : received;
    if (this.#fork) return;
    const before = this.#state;
    let state = before;
    const acks: AckBody[] = [];
    for (const entry of entries) {
      const checked = checkEntry(entry, state.keys);
      if (!checked.ok) {
        this.#refuse(checked.reason);
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
    if (state === before) return;
    // First the disk: what could not be kept was not taken, and is pulled again.
    this.#deps.disk.save(before, state);
    this.#state = state;
    this.#head = Math.max(this.#head ?? 0, state.cursor);
    for (const ack of acks) {
      if (ack.phase === 'refused') this.#refuse(`policy_${ack.reason ?? 'unknown'}`);
      await this.#voice.say(ack);
    }
  }

  /** Along the log from its beginning; what comes behind the place this relay stands at is given back. */
  async #mend(entries: readonly LogEntry[]): Promise<readonly LogEntry[]> {
    if (!this.#mending || this.#fork) return [];
    const { mending, whole, rest, refused, fork } = mendAlong(this.#mending, entries, this.#state);
    this.#mending = mending;
    if (refused) this.#refuse(refused);
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
    await this.#ackStaged();
    return rest;
  }

  /** Said again at each connection: the word that decides may have been lost with the one before. */
  async #ackStaged(): Promise<void> {
    for (const held of this.#state.staged.values()) await this.#ackHeld(held, 'staged', this.#state.epoch);
  }

  #ackHeld({ rollout, version, policy }: Held, phase: AckBody['phase'], epoch: number): Promise<void> {
    const { hash, content } = policy;
    return this.#voice.say({ type: 'ack', rollout, policy: content.id, version, phase, hash, epoch });
  }

  #forked(reason: string): void {
    this.#fork = reason;
    this.#refuse('fork');
  }

  #pullIfBehind(): void {
    const { cursor } = this.#mending?.state ?? this.#state;
    if (
      !this.#connected ||
      this.#fork ||
      this.#head === null ||
      this.#head <= cursor ||
      this.#pulling === cursor
    )
      return;
    this.#pulling = cursor;
    this.#deps.send({ frame: 'pull', after: cursor });
  }

  async #welcomed(signed: WireEnvelope): Promise<void> {
    const { keys, hub } = this.#state;
    const checked = checkWelcome(signed, keys, { hub, relay: this.#deps.id, answers: this.#voice.helloSeq });
    if (!checked.ok) {
      this.#refuse(`welcome_${checked.reason}`);
      return;
    }
    const { at, head, seqFloor, region, labels } = checked.value;
    this.#fresh.setClock(Date.parse(at), this.#helloAt);
    this.#connected = true;
    this.#refusedByHub = null;
    this.#head = head;
    this.#voice.raise(seqFloor);
    this.#place(region, labels);
    this.#pullIfBehind();
    await this.#ackStaged();
  }

  async #hello(nonce: string): Promise<void> {
    await this.#voice.say({
      type: 'hello',
      nonce,
      cursor: this.#state.cursor,
      headHash: this.#state.headHash,
      epoch: this.#state.epoch,
      active: this.#active(),
      agent: this.#deps.agent,
    });
  }

  #place(region: string | null, labels: Record<string, string>): void {
    const before = this.#state;
    if (before.region === region && JSON.stringify(before.labels) === JSON.stringify(labels)) return;
    this.#state = { ...before, region, labels };
    this.#deps.disk.save(before, this.#state);
  }

  #active() {
    return [...this.#state.active].map(([policy, h]) => ({
      policy,
      version: h.version,
      hash: h.policy.hash,
      epoch: h.epoch,
    }));
  }

  #refuse(reason: string): void {
    this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1;
    this.#deps.say?.('relay.refusal', { reason });
  }
}
