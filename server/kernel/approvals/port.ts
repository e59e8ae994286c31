import type { Principal } from '../auth/principal.ts';
import type { Clock } from '../clock/clock.ts';
import type { Database, Tx } from '../db/database.ts';
import type { Json } from '../ledger/event.ts';
import type { CommandContext } from '../trpc/context.ts';
import type { ApprovalRequired } from './schema.ts';

/** What is bound by the digest beside procedure and input: where it acts, and on which version of what. */
export interface ApprovalScope {
  /** Whose data; absent = the installation's. */
  tenantId?: string;
  region?: string;
  /** Acts on more than one tenant or region at once: a second approver is needed. */
  global?: true;
  /** State of the target when it was asked: a target that drifted voids the approval. */
  target?: { [key: string]: Json };
}

export interface Estimate {
  before: number;
  after: number;
  margin?: number;
}

/** What a command tells the people who decide. Everything here is shown; nothing secret belongs in it. */
export interface ApprovalQuestion {
  /** What will happen, as an imperative sentence. */
  title: string;
  subject: { kind: string; id: string };
  scope?: ApprovalScope;
  /** What the policy's conditions look at, for example `{environment: 'production'}`. */
  facts: { [key: string]: Json };
  reason?: string;
  /** What will run, step by step. */
  plan: string[];
  change?: { before: Json; after: Json };
  /** Who and what is touched, in words. */
  blast: string;
  /** Absent = not known, and said to be unknown. */
  risk?: Estimate;
  cost?: { perDay: number; currency: string; margin?: number };
  /** Ids or names of people with a part in it, beside the requester, who therefore may not decide. */
  involved?: string[];
  /** The input holds secrets: it is kept sealed and never shown. */
  sealed?: true;
  /** A thing of the simulated world. */
  simulated?: true;
}

/** Exactly what was asked to run. */
export interface StoredCall {
  procedure: string;
  input: Json;
}

/** Carried by the one run that an approval sets free; made by the release job alone. */
export interface Release {
  requestId: string;
  digest: string;
  /** Told once this run's effect is there: what it says afterwards is no refusal any more. */
  ran?: () => void;
}

/** Systems ask through this; the approvals system answers. Bound by the root, because the kernel knows no system. */
export interface ApprovalPort {
  /** Null: nobody has to agree, or this run is the release of exactly this command. */
  require(
    ctx: CommandContext,
    call: StoredCall,
    policy: string,
    question: ApprovalQuestion,
  ): Promise<ApprovalRequired | null>;
  /** Within the transaction of the effect: true once for each approval, whoever else tries. */
  spend(tx: Tx, release: Release, now: Date): Promise<boolean>;
}

export interface ReleasedCall extends StoredCall {
  /** The entries that set it free. */
  causedBy: string[];
  principal: Principal;
  database: Database;
  clock: Clock;
  release: Release;
}

let port: ApprovalPort | undefined;
let call: ((released: ReleasedCall) => Promise<unknown>) | undefined;

export const bindApprovals = (bound: ApprovalPort): void => {
  port = bound;
};

/** How a stored command is run: by the router of routers, which the approvals system cannot import. */
export const bindReleasedCalls = (bound: (released: ReleasedCall) => Promise<unknown>): void => {
  call = bound;
};

export function approvals(): ApprovalPort {
  if (!port) throw new Error('No approvals are bound: import server/root.ts first.');
  return port;
}

export function runReleased(released: ReleasedCall): Promise<unknown> {
  if (!call) throw new Error('No procedures are bound: import server/root.ts first.');
  return call(released);
}
