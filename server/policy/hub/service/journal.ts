import type { Clock } from '#kernel/clock/clock.ts';
import type { Database, Tx } from '#kernel/db/database.ts';
import type { CommitEvent } from '#kernel/ledger/event.ts';
import type { PolicyScope } from '#kernel/policy/kinds.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import {
  entryType,
  type HubBeat,
  type HubKeys,
  type LogBody,
  type LogEntry,
  type WireEnvelope,
} from '#server/policy/relay/schema.ts';
import { concerns, envelope, noHash } from '#server/policy/relay/service/wire.ts';
import { policyEvent } from '../events.ts';
import { entriesAfter, insertEntry, lastEntry, publishedKeys, type StoredEntry } from '../store/log.ts';
import type { Session } from './session.ts';
import { type HubSigning, signedBeat, signedEntry } from './signing.ts';

export interface JournalDeps {
  database: Database;
  clock: Clock;
  signing: HubSigning;
}

const pageSize = 100;

/** What belongs into the same transaction as the entry. */
export interface Written {
  event: CommitEvent;
  body: LogBody;
  /** Whom the body concerns; null = every relay. */
  scope: PolicyScope | null;
  policyId: string | null;
  change?: (tx: Tx) => Promise<void>;
}

/** The hub's log: signed, in the database before anybody hears of it, then pushed to whoever is up to date. */
export class Journal {
  readonly #deps: JournalDeps;
  readonly #sessions: ReadonlyMap<string, Session>;
  #tail: StoredEntry[] = [];
  #head = { seq: 0, hash: noHash };
  /** The keys that relays have been told of: nothing is signed with others. */
  #known: HubKeys = { classical: [], postQuantum: [] };
  readonly #countersigned = new Map<number, LogEntry>();

  constructor(deps: JournalDeps, sessions: ReadonlyMap<string, Session>) {
    this.#deps = deps;
    this.#sessions = sessions;
  }

  get seq(): number {
    return this.#head.seq;
  }

  async load(): Promise<void> {
    const { db } = this.#ctx();
    this.#head = (await lastEntry(db)) ?? this.#head;
    this.#tail = await entriesAfter(db, Math.max(0, this.#head.seq - 1000), 1000);
  }

  /** What was written although its transaction seemed to fail, and what another process wrote. */
  async reload(): Promise<void> {
    for (;;) {
      const missed = await entriesAfter(this.#ctx().db, this.#head.seq, pageSize);
      for (const entry of missed) this.#push(entry);
      if (missed.length < pageSize) return;
    }
  }

  signers = () => this.#deps.signing.signers(idsOf(this.#known));

  beat(epoch: number, at: Date, leaseMs: number, trust?: HubBeat['trust']): Promise<WireEnvelope> {
    const said = { ...this.#head, epoch, ...(trust ? { trust } : {}) };
    return signedBeat(this.#deps.signing, said, at, leaseMs, idsOf(this.#known));
  }

  async write({ event, body, scope, policyId, change }: Written): Promise<Date> {
    const now = this.#deps.clock.now();
    const entry = await signedEntry(this.#deps.signing, this.#head, body, scope, now, idsOf(this.#known));
    await this.#ctx().commit(event, async tx => {
      await insertEntry(tx, { ...entry, policyId, at: now });
      await change?.(tx);
    });
    this.#push(entry);
    return now;
  }

  /** Tells the relays of a change of keys, signed by keys that they know already. The ids that are gone are returned. */
  async syncKeys(): Promise<string[]> {
    const { signing } = this.#deps;
    const keys = await signing.keys();
    const published = await publishedKeys(this.#ctx().db);
    this.#know(published ?? keys);
    if (published && idsOf(published).join() === idsOf(keys).join()) return [];
    // A key that was rotated away goes on vouching for what it signed; a revoked one vouches for nothing any more.
    const revoked = await signing.revoked();
    const withdrawn = published ? idsOf(published).filter(id => revoked.includes(id)) : [];
    const event = policyEvent('policy.keys_published', { id: 'keys', tenantId: null }, { withdrawn });
    await this.write({ event, body: { type: 'keys', keys, withdrawn }, scope: null, policyId: null });
    this.#know(keys);
    return published ? idsOf(published).filter(id => !idsOf(keys).includes(id)) : [];
  }

  #know(keys: HubKeys): void {
    this.#known = keys;
    this.#countersigned.clear();
  }

  /** A relay that joined after a key had gone knows only those of today: they sign the same bytes beside it. */
  async #verifiable(stored: StoredEntry): Promise<LogEntry> {
    const { header } = stored.entry;
    const signedBy = (keys: HubKeys['classical']) =>
      keys.some(key => header.signatures.some(s => s.keyid === key.id));
    if (signedBy(this.#known.classical) && signedBy(this.#known.postQuantum)) return stored.entry;
    const known = this.#countersigned.get(stored.seq);
    if (known) return known;
    const bytes = Buffer.from(header.payload, 'base64');
    const { signatures } = await envelope(entryType, bytes, await this.signers());
    const entry = {
      ...stored.entry,
      header: { ...header, signatures: [...header.signatures, ...signatures] },
    };
    if (this.#countersigned.size >= 5000) this.#countersigned.clear();
    this.#countersigned.set(stored.seq, entry);
    return entry;
  }

  async answerPull(session: Session, after: number): Promise<void> {
    const { relay } = session;
    if (!relay) return;
    const first = this.#tail[0]?.seq ?? 1;
    const found =
      after + 1 >= first
        ? this.#tail.filter(e => e.seq > after).slice(0, pageSize)
        : await entriesAfter(this.#ctx().db, after, pageSize);
    const entries: LogEntry[] = [];
    for (const stored of found) {
      const entry = await this.#verifiable(stored);
      entries.push(stored.scope === null || concerns(stored.scope, relay) ? entry : { ...entry, body: null });
    }
    const last = found.at(-1)?.seq ?? after;
    session.sentUpTo = last;
    session.sendText(entriesFrame(entries, last < this.#head.seq));
  }

  /** Those who are up to date get it pushed; everybody else pulls from an own cursor. */
  #push(entry: StoredEntry): void {
    const behind = this.#head.seq;
    this.#head = { seq: entry.seq, hash: entry.hash };
    this.#tail.push(entry);
    if (this.#tail.length > 2000) this.#tail = this.#tail.slice(-1000);
    const full = entriesFrame([entry.entry], false);
    const blind = entriesFrame([{ ...entry.entry, body: null }], false);
    for (const session of this.#sessions.values()) {
      if (session.sentUpTo !== behind || !session.relay) continue;
      session.sentUpTo = entry.seq;
      session.sendText(entry.scope === null || concerns(entry.scope, session.relay) ? full : blind);
    }
  }

  #ctx() {
    return systemContext('policy.hub', this.#deps.database, this.#deps.clock);
  }
}

const idsOf = (keys: HubKeys): string[] => [...keys.classical, ...keys.postQuantum].map(key => key.id);

const entriesFrame = (entries: readonly unknown[], more: boolean): string =>
  JSON.stringify({ frame: 'entries', entries, more });
