import type { Facts } from './rules/facts.ts';
import type { Seen } from './rules/health.ts';
import type { ChunkHash, RowHash } from './rules/parity.ts';
import type { Leak } from './schema.ts';

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
  facts(plan: Pick<StreamPlan, 'id' | 'publisher' | 'subscriber'> & { tables: string[] }): Promise<Facts>;
  /** Publication and slot: from here on the publisher keeps what the subscriber has not seen. */
  publish(plan: StreamPlan): Promise<void>;
  subscribe(plan: StreamPlan, options: MakeOptions): Promise<void>;
  /** Nothing is applied any more once this has returned; how far it came is kept. */
  detach(plan: StreamPlan): Promise<void>;
  /** Goes on from where `detach` stopped it. */
  attach(plan: StreamPlan): Promise<void>;
  /** Whichever side answers is cleaned up; false when something remains on a side that does not. */
  remove(plan: StreamPlan): Promise<boolean>;
  setPaused(plan: StreamPlan, paused: boolean): Promise<void>;
  /** Empties the mirror's table of the stream's tenants and copies it again. */
  resync(plan: StreamPlan, table: string): Promise<void>;
  beat(region: string): Promise<void>;
  look(plan: StreamPlan, at: Date): Promise<Seen>;
  chunk(plan: StreamPlan, side: 'publisher' | 'subscriber', part: ChunkQuestion): Promise<ChunkHash>;
  rowHashes(plan: StreamPlan, side: 'publisher' | 'subscriber', part: ChunkQuestion): Promise<RowHash[]>;
  /** Waits until the subscriber has everything the publisher has written up to now, tables that are being copied too. */
  settle(plan: StreamPlan, withinMs: number): Promise<Settled>;
  /** How far the subscriber's own rows reach, by its own word; null = it does not answer. */
  reached(plan: StreamPlan): Promise<Reached | null>;
  scan(plan: StreamPlan): Promise<{ rows: number; leaks: Leak[] }>;
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
