import type { Readable } from 'node:stream';

/** Where snapshots are kept. A snapshot is a folder of flat files; one is only ever written whole. */
export interface SnapshotStore {
  /** In words, with the address: shown on the page. */
  readonly name: string;
  readonly simulated: false;
  /** Takes a finished local file. */
  put(snapshot: string, file: string, from: string): Promise<void>;
  /** Null = there is no such file. */
  get(snapshot: string, file: string): Promise<Readable | null>;
  remove(snapshot: string, files: readonly string[]): Promise<void>;
}
