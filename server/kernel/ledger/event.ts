/** What a commit says about itself. It becomes the ledger entry, the notices to browsers, and the jobs that follow. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface JobRequest {
  task: string;
  payload: Json;
  /** Same key while waiting = one job. */
  key?: string;
  runAt?: string;
  maxAttempts?: number;
  queue?: string;
}

export interface CommitEvent {
  /** `noun.past`, declared in the system's `events.ts`. */
  type: `${string}.${string}`;
  target?: { kind: string; id: string };
  tenantId?: string;
  /** An outside name under which the entry can be found. */
  reference?: string;
  /** Entries (their uids) without which this would not have happened: an approval, the release of what was approved. */
  causedBy?: readonly string[];
  /** Structured facts from which the justification is written; no secrets, no personal data. */
  detail?: { [key: string]: Json };
  /** Router keys and row keys whose views are out of date now. */
  topics?: { topic: string; key?: string }[];
  jobs?: JobRequest[];
}

/** The bytes that are hashed: RFC 8785 of exactly this object. */
export interface EntryBody {
  v: 1;
  uid: string;
  at: string;
  type: string;
  actor: { kind: string; id: string };
  session?: string;
  tenant?: string;
  target?: { kind: string; id: string };
  reference?: string;
  causedBy?: string[];
  procedure?: string;
  /** How the call arrived: console, rest, cli, job. */
  channel?: string;
  trace?: string;
  simulated?: boolean;
  detail: { [key: string]: Json };
}
