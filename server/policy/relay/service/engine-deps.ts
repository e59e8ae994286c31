import type { KeyObject } from 'node:crypto';
import type { RelayFrame } from '../schema.ts';
import type { Disk } from '../store/disk.ts';

export interface EngineDeps {
  id: string;
  key: KeyObject;
  disk: Disk;
  agent: string;
  now: () => Date;
  /** Milliseconds that only ever grow. */
  mono: () => number;
  send: (frame: RelayFrame) => void;
  /** For the log of the process: one line for what somebody should know. */
  say?: (event: string, facts: Record<string, unknown>) => void;
}
