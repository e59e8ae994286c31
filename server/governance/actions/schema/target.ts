import type { Json } from '#kernel/ledger/event.ts';

export interface Facts {
  [name: string]: Json;
}

/** Something that can be acted on, as it is now. */
export interface TargetState {
  /** As plans name it. */
  target: string;
  kind: 'service' | 'node' | 'region' | 'database' | 'policy';
  /** Whose it is; null where several tenants share it. */
  tenantId: string | null;
  region: string | null;
  /** Changes whenever the state does, by whoever's hand: what an approval and a manifest are bound to. */
  version: string;
  /** What a person would call its state, for example `{replicas: 2, release: 'v41'}`. No secrets. */
  state: Facts;
  simulated: boolean;
}

/** What is needed to bring the old state back, and to see that it is back. Kept and hashed; holds no secrets. */
export interface Snapshot extends TargetState {
  takenAt: string;
}

export interface Preview {
  /** What would change, field by field. */
  changes: { field: string; before: Json; after: Json }[];
  /** False: nothing brings the old state back, and no rollback is promised. */
  reversible: boolean;
  warnings: string[];
}

export interface Applied {
  /** The version the target has now. */
  version: string;
  /** This order had been carried out before, and was not again. */
  repeated: boolean;
  /** For the log; no secrets. */
  said: string;
}

export interface Check {
  name: string;
  ok: boolean;
  wanted: Json;
  found: Json;
}

/** What a second look found. `settling`: not yet, but it may still come; looked at again until the step's time is over. */
export interface Measured {
  outcome: 'ok' | 'settling' | 'wrong';
  checks: Check[];
}

/** A few numbers per metric while one part is changed and the other is not: what a judge compares. */
export interface CanarySamples {
  [metric: string]: {
    baseline: (number | null)[];
    canary: (number | null)[];
    /** Which way is worse. `context` is shown and not judged. */
    direction: 'increase' | 'decrease' | 'either' | 'context';
    /** Fails the whole by itself. */
    critical?: boolean;
  };
}
