import { trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import { env } from '../env/env.ts';
import { redact } from '../redact/redact.ts';

export type { Logger } from 'pino';

let root: Logger | undefined;

/** Structured log on stdout; every line passes the redactor and carries the active trace id. */
export function log(): Logger {
  root ??= pino({
    level: env().logLevel,
    base: { service: env().processName },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: label => ({ level: label }),
      log: fields => {
        const span = trace.getActiveSpan()?.spanContext();
        return {
          ...(redact(fields) as Record<string, unknown>),
          ...(span ? { trace_id: span.traceId } : {}),
        };
      },
    },
    hooks: {
      logMethod(args, method) {
        method.apply(
          this,
          args.map(arg => (typeof arg === 'string' ? (redact(arg) as string) : arg)) as typeof args,
        );
      },
    },
  });
  return root;
}

/**
 * One wide event per request or job: fields are gathered while it runs and written once at its end, so that one line
 * answers "who did what, to what, how long, and how did it end".
 */
export interface WideEvent {
  set(fields: Record<string, unknown>): void;
  end(outcome: 'ok' | 'refused' | 'error', fields?: Record<string, unknown>): void;
}

export function wideEvent(name: string, fields: Record<string, unknown> = {}): WideEvent {
  const started = performance.now();
  const gathered: Record<string, unknown> = { ...fields };
  return {
    set: more => Object.assign(gathered, more),
    end: (outcome, more = {}) => {
      const line = {
        event: name,
        outcome,
        ms: Math.round((performance.now() - started) * 10) / 10,
        ...gathered,
        ...more,
      };
      log()[outcome === 'error' ? 'error' : outcome === 'refused' ? 'warn' : 'info'](line);
    },
  };
}
