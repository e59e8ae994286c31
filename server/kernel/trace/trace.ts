import { context, propagation, type Tracer, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { env } from '../env/env.ts';

let started = false;

/** W3C `traceparent` in and out always; spans are exported only where a collector is named. */
export function startTracing(): void {
  if (started) return;
  started = true;
  const endpoint = env().vars.OTEL_EXPORTER_OTLP_ENDPOINT;
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `atom-${env().processName}` }),
    // Where nothing exports, a span of our own only carries its ids; a caller's sampled trace stays sampled.
    sampler: new ParentBasedSampler({ root: endpoint ? new AlwaysOnSampler() : new AlwaysOffSampler() }),
    spanProcessors: endpoint
      ? [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }))]
      : [],
  });
  provider.register(); // context by AsyncLocalStorage, W3C trace context as propagator
}

export function tracer(): Tracer {
  startTracing();
  return trace.getTracer('atom');
}

/** Runs `use` as a child of the caller's `traceparent`, where the headers carry one. */
export function underCaller<T>(headers: Record<string, string | undefined>, use: () => T): T {
  startTracing();
  return context.with(propagation.extract(context.active(), headers), use);
}

/** Headers that carry the active trace to the next process. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier;
}

export const activeTraceId = (): string | undefined => trace.getActiveSpan()?.spanContext().traceId;
