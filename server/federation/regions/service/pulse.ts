import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { noticesOutput } from '../schema.ts';
import { type AgentKey, type Sent, send, signedHeartbeat } from './agent.ts';

const trustNotice = z.object({ sequence: z.int().min(0) });

/** As many seconds as the registry keeps a call open. */
const mostSeconds = 20;

/**
 * What a region that lives does: it says so again and again, listens meanwhile to what it ought to know, and says at once
 * that it heard, so that the registry sees whom a revocation has not reached.
 */
export class Pulse {
  readonly #registry: string;
  readonly #name: string;
  readonly #key: AgentKey;
  readonly #token: string | undefined;
  #digest: string | undefined;
  #told: number | null = null;
  #said: number | null = null;

  constructor(registry: string, name: string, key: AgentKey, token?: string) {
    this.#registry = registry;
    this.#name = name;
    this.#key = key;
    this.#token = token;
  }

  async beat(): Promise<Sent> {
    const now = new Date();
    const saying = this.#told;
    const more = saying === null ? {} : { bundle: saying };
    const sent = await send(
      this.#registry,
      this.#path('heartbeat'),
      signedHeartbeat(this.#name, this.#key, now, more),
      this.#key,
      now,
      this.#token,
    );
    if (sent.status < 300) {
      this.#said = saying;
      this.#hear(sent.body.notices);
    }
    return sent;
  }

  /** Until so much time has passed, or the registry has said something that it waits to be told was heard. */
  async rest(ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (let left = ms; left > 0 && this.#told === this.#said; left = until - performance.now())
      if (left < 1000 || !(await this.#listen(Math.min(mostSeconds, Math.floor(left / 1000)))))
        await pause(Math.min(left, 1000));
  }

  /** False where the registry did not answer as it should: then this is tried again, not at once. */
  async #listen(seconds: number): Promise<boolean> {
    const url = new URL(this.#path('notices'), this.#registry);
    url.searchParams.set('wait', String(seconds));
    if (this.#digest !== undefined) url.searchParams.set('known', this.#digest);
    try {
      const response = await fetch(url, {
        headers: this.#token ? { authorization: `Bearer ${this.#token}` } : {},
        signal: AbortSignal.timeout((seconds + 10) * 1000),
      });
      const parsed = noticesOutput.safeParse(await response.json());
      if (!response.ok || !parsed.success) return false;
      this.#digest = parsed.data.digest;
      this.#hear(parsed.data.notices);
      return true;
    } catch {
      return false;
    }
  }

  #path(what: string): string {
    return `/region/${encodeURIComponent(this.#name)}/${what}`;
  }

  #hear(notices: unknown): void {
    const said = z.object({ trust: trustNotice }).safeParse(notices);
    if (said.success) this.#told = said.data.trust.sequence;
  }
}
