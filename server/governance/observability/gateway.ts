import { DomainError } from '#kernel/errors/domain-error.ts';

export interface SampleSeries {
  labels: Readonly<Record<string, string>>;
  /** Seconds and value, as Prometheus writes them. */
  values: readonly (readonly [number, string])[];
}

/** Where metrics come from: Prometheus, or the simulated world answering in its words. */
export interface MetricsGateway {
  readonly simulated: boolean;
  /** Instants in milliseconds. */
  range(
    query: string,
    start: number,
    end: number,
    stepMs: number,
    signal?: AbortSignal,
  ): Promise<SampleSeries[]>;
}

/** More was asked for than it gives at once. */
export class TooMuchAsked extends DomainError {
  constructor(said: string) {
    super('unavailable', 'telemetry.source', said);
  }
}

export interface LogEntry {
  labels: Readonly<Record<string, string>>;
  /** Nanoseconds, as text: more digits than a number holds. */
  nanos: string;
  line: string;
}

export interface LogGateway {
  readonly simulated: boolean;
  /** From `nanos` on, oldest first. */
  entries(query: string, fromNanos: string, toNanos: string, limit: number): Promise<LogEntry[]>;
}
