import type { Found } from './schema.ts';

/** What a failover asks of a region's own database. All of it may be repeated. */
export interface FencingGateway {
  readonly simulated: boolean;
  /** Its own clock and log position; throws when it does not answer. */
  now(region: string): Promise<{ clock: string; lsn: string }>;
  lease(region: string): Promise<Lease | null>;
  /** All that it says of the right to write, also where it never had a lease. */
  word(region: string): Promise<Omit<Found, 'at' | 'answers'>>;
  /**
   * Lets it write until `clock` (its own, read earlier) plus the lease. Because the reading came first, a message that
   * lies in a frozen server's socket cannot extend the lease beyond that. False: it did not take it.
   */
  renew(region: string, epoch: number, clock: string): Promise<boolean>;
  /**
   * From here on every commit of an earlier epoch is refused; waits for those that were let through already. `lapsed`: the
   * lease under which they were let through is over, so they are ended instead.
   */
  fence(region: string, epoch: number, lapsed?: boolean): Promise<void>;
  /** A write that goes through the lease, as the service's own would. */
  probe(region: string): Promise<string>;
  /** The next keys of these tables are far above every key that the old primary may have given away. */
  raiseSequences(region: string, tables: readonly string[], margin: number): Promise<string[]>;
  /** Tables whose commits do not ask the lease. */
  unguarded(region: string, tables: readonly string[]): Promise<string[]>;
  /** Whether `observer` can reach `region` by itself; null = it cannot try. */
  seenFrom(observer: string, region: string): Promise<{ up: boolean | null; said: string }>;
}

export interface Lease {
  epoch: number;
  fence: number;
  /** By its own clock. */
  holds: boolean;
}
