import type { PlanStep } from '#kernel/actions/plan.ts';
import type { Applied, CanarySamples, Measured, Preview, Snapshot, TargetState } from './schema/target.ts';

export type {
  Applied,
  CanarySamples,
  Check,
  Facts,
  Measured,
  Preview,
  Snapshot,
  TargetState,
} from './schema/target.ts';

export interface Order {
  /** In whose name and for which execution. */
  tenantId: string;
  executionId: string;
  /** The same for every attempt at one step: a repeated order has no second effect. */
  idempotencyKey: string;
  /** The version the manifest names; a target that moved since then is refused with `TargetMoved`. */
  expected: string | null;
  /** For a canary: the share of the target that is changed first. Absent = all of it. */
  fraction?: number;
  signal: AbortSignal;
}

/**
 * How one kind of infrastructure is acted on. Everything a driver says may be shown; whatever it throws fails the step and
 * leads to a rollback, except `TargetMoved` before anything was changed and errors marked as passing (`DriverAway`).
 */
export interface ActionDriver {
  readonly name: string;
  readonly simulated: boolean;
  /** Which of a tenant's things it can act on, the one most in need of it first: the first is the default target. */
  targets(tenantId: string): Promise<TargetState[]>;
  /** Whether this step on this target is its business, and possible. */
  handles(step: PlanStep, tenantId: string): Promise<boolean>;
  /** Null: no such target. */
  read(target: string, tenantId: string): Promise<TargetState | null>;
  snapshot(step: PlanStep, tenantId: string): Promise<Snapshot>;
  /** Looks what would happen; changes nothing. */
  dryRun(step: PlanStep, before: Snapshot): Promise<Preview>;
  apply(step: PlanStep, before: Snapshot, order: Order): Promise<Applied>;
  /** Looks whether the step did what it was to do. */
  verify(step: PlanStep, before: Snapshot): Promise<Measured>;
  rollback(step: PlanStep, before: Snapshot, order: Order): Promise<Applied>;
  /** Looks whether the old state is back. */
  restored(step: PlanStep, before: Snapshot): Promise<Measured>;
  /** What a rotation made, for whoever has to hand it on; null where this step makes nothing secret. */
  secretOf?(step: PlanStep, order: string): string | null;
  /** Absent where nothing smaller than the whole target can be changed. */
  canary?: {
    /** How long the part is watched before it is judged. */
    watchMs: number;
    /** No part is changed: a copy lives through so many minutes of the past again. */
    replayedMinutes?: number;
    /** The share to begin with, or null where this step cannot be tried on a part. */
    fraction(step: PlanStep, before: Snapshot): number | null;
    samples(step: PlanStep, before: Snapshot, since: Date): Promise<CanarySamples>;
  };
}

/** The target is not what the manifest names; nothing was changed. */
export class TargetMoved extends Error {
  readonly target: string;
  readonly expected: string;
  readonly found: string;
  constructor(target: string, expected: string, found: string) {
    super(`${target} is at ${found}, not at ${expected} as was snapshotted.`);
    this.name = 'TargetMoved';
    this.target = target;
    this.expected = expected;
    this.found = found;
  }
}

/** What is acted on cannot be reached now. Worth another try with the same key. */
export class DriverAway extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DriverAway';
  }
}

/** The infrastructure said no. Nothing was changed by this order. */
export class DriverRefused extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DriverRefused';
  }
}
