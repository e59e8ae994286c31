import { z } from 'zod';
import { type Question, questionSchema } from '#kernel/policy/evaluate.ts';
import { type PolicyKind, policyKinds } from '#kernel/policy/kinds.ts';
import { decideAtEdge, type EdgeDecision } from '../rules/decide.ts';
import { checkBeat, checkWelcome } from '../rules/verify.ts';
import type { HubFrame, LogEntry, WireEnvelope } from '../schema.ts';
import type { EngineDeps } from './engine-deps.ts';
import { Freshness } from './freshness.ts';
import { Holdings } from './holdings.ts';
import { holdingsOf, type RelayStatus } from './status.ts';
import { Voice } from './voice.ts';

export const relayQuestion = questionSchema.extend({ kind: z.enum(policyKinds) });

/**
 * A relay without its wires: takes the hub's frames, keeps its disk, answers decisions. Messages out are handed to `send`;
 * what is lost there is asked for again by the hub or pulled again from the cursor.
 */
export class RelayEngine {
  readonly #deps: EngineDeps;
  readonly #voice: Voice;
  readonly #fresh: Freshness;
  readonly #holds: Holdings;
  #helloAt = 0;
  #connected = false;
  #head: number | null = null;
  #pulling = -1;
  #refusedByHub: string | null = null;
  #decisions = 0;
  #trust: NonNullable<RelayStatus['trust']> | null = null;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#voice = new Voice(deps);
    this.#fresh = new Freshness(deps);
    this.#holds = new Holdings(deps, this.#voice);
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
        const checked = checkBeat(frame.beat, this.#holds.state.keys, this.#holds.state.hub);
        if (!checked.ok) return this.#holds.refuse(`beat_${checked.reason}`);
        this.#fresh.take(checked.value, this.#holds.state.epoch);
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
      cursor: this.#holds.state.cursor,
      epoch: this.#holds.state.epoch,
      digest: this.#holds.digest(),
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
    return this.#fresh.is(this.#holds.state.epoch);
  }

  /** `null` = no policy of the kind is active here for this question. */
  decide(kind: PolicyKind, question: Question): EdgeDecision | null {
    this.#decisions += 1;
    return decideAtEdge(
      {
        state: this.#holds.state,
        damaged: this.#holds.damaged,
        fresh: this.fresh(),
        staleForMs: this.#fresh.staleForMs(),
        now: this.#deps.now(),
      },
      kind,
      question,
    );
  }

  policy(id: string) {
    const held = this.#holds.state.active.get(id);
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
    return this.#holds.digest();
  }

  status(): RelayStatus {
    const { id, agent } = this.#deps;
    const { hub, region, labels, cursor, epoch } = this.#holds.state;
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
      ...holdingsOf(this.#holds.state),
      damaged: this.#holds.damaged.map(({ policy, version, reason }) => ({ policy, version, reason })),
      refusals: this.#holds.refusals,
      fork: this.#holds.fork,
      refusedByHub: this.#refusedByHub,
      decisions: this.#decisions,
      trust: this.#trust,
      agent,
    };
  }

  async #take(entries: readonly LogEntry[]): Promise<void> {
    if (await this.#holds.take(entries)) this.#head = Math.max(this.#head ?? 0, this.#holds.state.cursor);
  }

  #pullIfBehind(): void {
    const { cursor } = this.#holds;
    if (
      !this.#connected ||
      this.#holds.fork ||
      this.#head === null ||
      this.#head <= cursor ||
      this.#pulling === cursor
    )
      return;
    this.#pulling = cursor;
    this.#deps.send({ frame: 'pull', after: cursor });
  }

  async #welcomed(signed: WireEnvelope): Promise<void> {
    const { keys, hub } = this.#holds.state;
    const checked = checkWelcome(signed, keys, { hub, relay: this.#deps.id, answers: this.#voice.helloSeq });
    if (!checked.ok) {
      this.#holds.refuse(`welcome_${checked.reason}`);
      return;
    }
    const { at, head, seqFloor, region, labels } = checked.value;
    this.#fresh.setClock(Date.parse(at), this.#helloAt);
    this.#connected = true;
    this.#refusedByHub = null;
    this.#head = head;
    this.#voice.raise(seqFloor);
    this.#holds.place(region, labels);
    this.#pullIfBehind();
    await this.#holds.ackStaged();
  }

  async #hello(nonce: string): Promise<void> {
    await this.#voice.say({
      type: 'hello',
      nonce,
      cursor: this.#holds.state.cursor,
      headHash: this.#holds.state.headHash,
      epoch: this.#holds.state.epoch,
      active: this.#holds.active(),
      agent: this.#deps.agent,
    });
  }
}
