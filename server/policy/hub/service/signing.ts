import { canonicalBytes } from '#kernel/signing/canonical.ts';
import {
  beatType,
  entryType,
  type HubBeat,
  type HubKeys,
  type LogBody,
  mostRevoked,
  type WireEnvelope,
} from '#server/policy/relay/schema.ts';
import { composeEntry, envelope, type Signer } from '#server/policy/relay/service/wire.ts';
import type { StoredEntry } from '../store/log.ts';

/** Who the hub is and how it signs. The two signers are of different algorithms; both sign everything. */
export interface HubSigning {
  hub: string;
  keys(): Promise<HubKeys>;
  /** Ids of keys that nothing may be believed of any more. */
  revoked(): Promise<string[]>;
  /** One of each algorithm; `among` = of these keys, since relays know no others yet. */
  signers(among?: readonly string[]): Promise<readonly Signer[]>;
}

export async function signedEntry(
  signing: HubSigning,
  after: { seq: number; hash: string },
  body: LogBody,
  scope: StoredEntry['scope'],
  at: Date,
  among?: readonly string[],
): Promise<StoredEntry> {
  const made = composeEntry(signing.hub, after, body, at);
  const header = await envelope(entryType, made.headerBytes, await signing.signers(among));
  return {
    seq: made.header.seq,
    hash: made.hash,
    type: body.type,
    scope,
    entry: { header, body: made.body },
  };
}

export async function signedBeat(
  signing: HubSigning,
  head: { seq: number; hash: string; epoch: number; trust?: HubBeat['trust'] },
  at: Date,
  leaseMs: number,
  among?: readonly string[],
): Promise<WireEnvelope> {
  const beat = {
    v: 1,
    hub: signing.hub,
    at: at.toISOString(),
    serveUntil: new Date(at.getTime() + leaseMs).toISOString(),
    head: head.seq,
    headHash: head.hash,
    epoch: head.epoch,
    ...(head.trust ? { trust: { ...head.trust, revoked: head.trust.revoked.slice(0, mostRevoked) } } : {}),
  };
  return envelope(beatType, canonicalBytes(beat), await signing.signers(among));
}

/** What relays are told of the federation with every beat, the newest name first, and what becomes of their answers. */
export interface TrustVoice {
  standing(): Promise<NonNullable<HubBeat['trust']>>;
  heard(relay: string, sequence: number): void;
}
