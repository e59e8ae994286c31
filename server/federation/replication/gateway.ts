import type { Facts } from './rules/facts.ts';
import type { Seen } from './rules/health.ts';
import type { ChunkHash, RowHash } from './rules/parity.ts';
import type { Leak, Looked, ValueCursor } from './schema.ts';

export interface StreamPlan {
  /** What the console holds it to be: all that a simulated stream has. */
  state: string;
  id: string;
  publisher: string;
  subscriber: string;
  tables: { table: string; columns: string[] }[];
  tenants: string[];
  raw: boolean;
}

export interface MakeOptions {
  /** Rows that lie at the publisher already are copied first. */
  copy: boolean;
}

/** The databases of two regions and what runs between them. Everything may be repeated; nothing is done twice. */
export interface ReplicationGateway {
  readonly simulated: boolean;
  /** What preflight looks at. */
  facts(
    plan: Pick<StreamPlan, 'id' | 'publisher' | 'subscriber'> & {
      tables: string[];
      tenants?: readonly string[];
      raw?: boolean;
    },
  ): Promise<Facts>;
  /** Publication and slot: from here on the publisher keeps what the subscriber has not seen. */
  publish(plan: StreamPlan): Promise<void>;
  /** Hashes of what was entered at the publisher before its key was there; those that are there stay. */
  fillShadows(plan: StreamPlan): Promise<void>;
  subscribe(plan: StreamPlan, options: MakeOptions): Promise<void>;
  /** Nothing is applied any more once this has returned; how far it came is kept. */
  detach(plan: StreamPlan): Promise<void>;
  /** Goes on from where `detach` stopped it. */
  attach(plan: StreamPlan): Promise<void>;
  /** Whichever side answers is cleaned up; false when something remains on a side that does not. */
  remove(plan: StreamPlan): Promise<boolean>;
  /** The half of that at the subscriber; false where it does not answer. */
  unsubscribe(plan: StreamPlan): Promise<boolean>;
  /** The half at the publisher, the slot among it. */
  unpublish(plan: StreamPlan): Promise<boolean>;
  setPaused(plan: StreamPlan, paused: boolean): Promise<void>;
  /** Empties the mirror's table of the stream's tenants and copies it again. */
  resync(plan: StreamPlan, table: string): Promise<void>;
  beat(plan: StreamPlan): Promise<void>;
  look(plan: StreamPlan, at: Date): Promise<Seen>;
  /** Before the first chunk: what the servers know of the table has to fit it, or each chunk would cost as much as all. */
  freshStatistics(plan: StreamPlan, table: string): Promise<void>;
  chunk(plan: StreamPlan, side: 'publisher' | 'subscriber', part: ChunkQuestion): Promise<ChunkHash>;
  rowHashes(plan: StreamPlan, side: 'publisher' | 'subscriber', part: ChunkQuestion): Promise<RowHash[]>;
  /** Waits until the subscriber has everything the publisher has written up to now, tables that are being copied too. */
  settle(plan: StreamPlan, withinMs: number): Promise<Settled>;
  /** How far the subscriber's own rows reach, by its own word; null = it does not answer. */
  reached(plan: StreamPlan): Promise<Reached | null>;
  /** How many rows of a tenant a region's database holds. */
  rowsOf(region: string, tenant: string, tables: readonly string[]): Promise<CountedRows>;
  /** Values in columns that the stream leaves out, at its publisher. */
  withheldValues(plan: StreamPlan, withheld: readonly Withheld[]): Promise<WithheldValues[]>;
  /** Brings them to the subscriber, and has hashes made again there. */
  bringHome(plan: StreamPlan, withheld: readonly Withheld[]): Promise<WithheldValues[]>;
  /** Takes them from the publisher, which is a mirror now: of rows that are at home. */
  clearAway(plan: StreamPlan, withheld: readonly Withheld[]): Promise<void>;
  /** Every row by form; with `values`, also for a sample of what the publisher's personal columns hold. */
  scan(plan: StreamPlan, how: { values: boolean }): Promise<Scanned>;
  /** The next chunk of those values; null when there are no more. */
  scanValues(plan: StreamPlan, cursor: ValueCursor | null): Promise<ValuesScanned | null>;
}

export interface HeldRows {
  table: string;
  /** Null where this login may not see them all. */
  rows: number | null;
}

/** The server answers, and refuses to say what lies in this one. */
export interface UnreadTable {
  table: string;
  why: string;
  /** The SQL that lets this login read it, where that is what is missing. */
  mend: string | null;
}

export interface CountedRows {
  rows: HeldRows[];
  unread: UnreadTable[];
  /** Tables that were not looked at, since they are too many: what lies in them is not known. */
  uncounted: number;
}

export interface Scanned {
  rows: number;
  leaks: Leak[];
  looked: Looked[];
}

export interface ValuesScanned {
  /** `of` is counted with the first chunk of a column. */
  looked: Omit<Looked, 'of'> & { of: number | null };
  leaks: Leak[];
  next: ValueCursor;
}

export interface Withheld {
  table: string;
  columns: string[];
}

export interface WithheldValues {
  table: string;
  column: string;
  rows: number;
}

export interface Settled {
  /** What it still waited for when the time was over; null = the subscriber has everything. */
  waits: string | null;
}

export interface Reached {
  /** Up to here everything was applied; what was received after it may not have been. */
  lsn: string | null;
  /** The publisher's clock in the newest heartbeat that arrived. */
  beatAt: string | null;
  /** Tables that are not ready: of these anything may be missing. */
  copying: string[];
}

export interface ChunkQuestion {
  table: string;
  after: string[] | null;
  upTo: string[] | null;
  limit: number | null;
}
