import type { ApprovalQuestion, Release } from '../approvals/port.ts';
import type { ApprovalRequired } from '../approvals/schema.ts';
import type { Principal } from '../auth/principal.ts';
import type { Clock } from '../clock/clock.ts';
import type { Database, ReadDb, Tx } from '../db/database.ts';
import type { Scope } from '../db/scope.ts';
import type { Appended } from '../ledger/append.ts';
import type { CommitEvent, Json } from '../ledger/event.ts';

/** How the call arrived; made by the web route or the REST adapter, never by a system. */
export interface RequestInfo {
  channel: 'console' | 'rest' | 'cli' | 'job' | 'test';
  ip: string;
  userAgent?: string;
  idempotencyKey?: string;
  traceId?: string;
  /** Entries that let this call happen, e.g. the release of what was approved; every entry it writes names them. */
  causedBy?: readonly string[];
  /** Whether the request proved that it comes from our own pages (or carries no ambient credentials at all). */
  csrfSafe: boolean;
}

export interface RequestContext {
  principal: Principal;
  request: RequestInfo;
  database: Database;
  clock: Clock;
  /** This is the one run that an approval set free; never made from a request. */
  release?: Release;
}

/** What a `read` hands to its service. */
export interface ReadContext {
  principal: Principal;
  database: Database;
  scope: Scope;
  db: ReadDb;
  clock: Clock;
  request: RequestInfo;
}

export type EventOf<R> = CommitEvent | ((result: R) => CommitEvent);

export interface CommitOptions {
  /** Runs as `atom_tenant` for this tenant, so that RLS holds for operators' changes too. */
  tenantId?: string;
  /** Records a refusal only; a command that needs approval may do so before it asked. */
  refuses?: true;
  /** Records that approval is asked for; the approvals system's own. */
  asks?: true;
}

/** What a `command` hands to its service. */
export interface CommandContext extends ReadContext {
  /** The way to write: change, ledger entry, notices and jobs in one transaction. */
  commit<R>(event: EventOf<R>, change: (tx: Tx) => Promise<R>, options?: CommitOptions): Promise<R>;
  /**
   * For facts that come in great numbers (heartbeats, acknowledgements, counts): `write` and one entry with their count and
   * digest in one transaction. Nothing at all happens for no facts.
   */
  record(
    event: CommitEvent,
    facts: readonly Json[],
    write: (tx: Tx) => Promise<void>,
    options?: CommitOptions,
  ): Promise<void>;
  /**
   * The first half of `record` where facts come too often for an entry each time: `write` keeps them as rows that say they are
   * owed one, and a later `record` pays it. Changes of state do not belong here.
   */
  gather<R>(write: (tx: Tx) => Promise<R>): Promise<R>;
  /**
   * Null: go on. Otherwise the request waits for people, and the command returns what this gave. Commands whose builder
   * says `risk` cannot commit before they asked.
   */
  requireApproval(policy: string, question: ApprovalQuestion): Promise<ApprovalRequired | null>;
  /** Set while an approval's one run is under way. */
  release?: Release;
  /** Says that the command found nothing to change; without this or a commit a command fails. */
  unchanged(): void;
  /** For reading back what this command just wrote, also where the caller's lists would not show it. */
  ownWrites(): ReadDb;
  /** The entry of the last commit. */
  entry(): Appended | null;
}
