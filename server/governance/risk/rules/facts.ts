import type { Severity } from '../schema.ts';

/** What a score is made of, and nothing else: the same facts give the same score, in the loop, on a read, in a replay. */
export interface FactEvent {
  id: string;
  tenantId: string;
  at: number;
  event: string;
  severity: Severity;
  service: string | null;
  region: string | null;
  templateId: string | null;
  simulated: boolean;
}

export interface FactSignal {
  service: string;
  metric: string;
  at: number;
  value: number;
  expected: number;
  /** How unlike the series' own past the newest points are, 0 to 1. */
  score: number;
}

export interface FactTemplate {
  id: string;
  /** 1: never seen before; near 0: seen all the time. */
  rarity: number;
}

export interface Facts {
  now: number;
  events: readonly FactEvent[];
  signals: readonly FactSignal[];
  templates: ReadonlyMap<string, FactTemplate>;
  /** Severities of which there were more events than these. */
  cut?: readonly Severity[];
}

/** A signal older than this says nothing about now. */
export const signalFreshMs = 5 * 60_000;

const order: readonly Severity[] = ['debug', 'info', 'low', 'medium', 'high', 'critical'];
export const rank = (severity: Severity): number => order.indexOf(severity);
export const worstSeverity = (all: readonly Severity[]): Severity =>
  all.reduce<Severity>((worst, next) => (rank(next) > rank(worst) ? next : worst), 'debug');
