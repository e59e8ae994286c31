import type { Content } from './rules/content.ts';
import type { Effect, Exchange, Remote } from './rules/exchange.ts';
import type { Channel, Outcome } from './schema.ts';

/** Where one delivery goes to. */
export type Target =
  | { kind: 'slack'; channel: string | null }
  | { kind: 'telegram'; chat: string }
  | { kind: 'mail'; address: string }
  | { kind: 'webhook'; url: string; secret: string };

export interface Parcel {
  /** The same for every try, so that a receiver who can recognise a repetition does. */
  id: string;
  content: Content;
  nonce: string;
  target: Target;
  now: Date;
}

export type Answer = Exchange &
  (
    | { result: 'delivered'; effect: Effect; remote: Remote | null }
    | { result: 'simulated' }
    /** It may work later. `patience`: the channel is well and asks to wait. */
    | { result: 'retry'; reason: string; retryAfterMs?: number; patience?: true }
    /** It never will. `channel`: not because of this recipient. */
    | { result: 'dead'; reason: string; fault: 'channel' | 'recipient' }
  );

/** One channel. Neither call throws for what a channel may answer; both end when the signal does. */
export interface ChannelGateway {
  channel: Channel;
  real: boolean;
  send(parcel: Parcel, signal: AbortSignal): Promise<Answer>;
  /** Updates or deletes what was sent where the channel allows it, and follows it up where it does not. */
  retire(parcel: Parcel, remote: Remote | null, outcome: Outcome, signal: AbortSignal): Promise<Answer>;
}
