import type { ActionName, ActionPlan } from '#kernel/actions/plan.ts';

export const severities = ['debug', 'info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const tiers = ['low', 'medium', 'high', 'critical'] as const;
export type Tier = (typeof tiers)[number];

export const dimensions = ['security', 'cost', 'performance', 'reliability', 'compliance'] as const;
export type Dimension = (typeof dimensions)[number];

/** One event of the ingestor. Its message is text that a stranger wrote: no rule here reads it. */
export interface EvidenceEvent {
  id: string;
  ts: string;
  event: string;
  severity: Severity;
  service: string | null;
  region: string | null;
  message: string | null;
  attributes: { [key: string]: unknown };
}

export interface Contribution {
  dimension: Dimension;
  feature: string;
  value: number;
  weight: number;
  eventIds: readonly string[];
}

export interface RiskEvidence {
  id: string;
  service: string | null;
  at: string;
  stale: boolean;
  scores: Record<Dimension, number>;
  contributions: readonly Contribution[];
}

/** What a metric of the service read over the window. */
export interface Measure {
  metric: string;
  /** Over the last two minutes. */
  latest: number;
  mean: number;
  /** Over the first quarter of the window. */
  before: number;
  at: string;
  points: number;
}

export interface PastOutcome {
  execId: string;
  action: ActionName;
  worked: boolean;
  at: string;
}

/** Everything the ranker may look at. What lists name here comes from the console's own registers, not from telemetry. */
export interface Evidence {
  now: string;
  tenantId: string;
  windowMinutes: number;
  /** Empty = every action of the catalogue. */
  allowedActions: readonly ActionName[];
  risk: RiskEvidence;
  events: readonly EvidenceEvent[];
  measures: Readonly<Record<string, Measure>>;
  outcomes: readonly PastOutcome[];
  /** Where the tenant may be served, its home first. */
  regions: readonly string[];
  /** Active policies of the tenant, with the version in force. */
  policies: readonly { id: string; version: number }[];
}

/** One sentence of a rationale. It stands on events; there is none without. */
export interface Claim {
  text: string;
  eventIds: string[];
}

/** Something measured or known from before, with where it was read. */
export interface Fact {
  text: string;
  source: 'measure' | 'risk' | 'outcome';
  ref: string;
}

export interface Candidate {
  plan: ActionPlan;
  cause: string;
  claims: Claim[];
  facts: Fact[];
  dimension: Dimension;
  /** How far the evidence supports the cause, 0 to 1. */
  belief: number;
  /** Chance that the action mends the cause, by prior and past outcomes. */
  efficacy: { mean: number; deviation: number; tries: number };
  /** The part of the dimension's score that the cause explains, 0 to 1. */
  share: number;
}

/** What the orchestrator, the cost optimizer and the policies say about a candidate's plan. */
export interface Assessment {
  tier: Tier;
  /** Share of the tenant's services that the plan touches, 0 to 1. */
  blastShare: number;
  blast: string;
  reversible: boolean;
  needsApproval: boolean;
  /** A policy denies it: shown, never ranked above one that may run. */
  denied: boolean;
  reasons: string[];
  policies: { id: string; version: number; effect: string }[];
  cost: { perDay: number; currency: string; low: number; high: number } | null;
}
