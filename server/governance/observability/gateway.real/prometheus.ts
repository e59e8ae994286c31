import { z } from 'zod';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { type SafeFetchDeps, safeFetch } from '#kernel/http/safe-fetch.ts';
import {
  type LogEntry,
  type LogGateway,
  type MetricsGateway,
  type SampleSeries,
  TooMuchAsked,
} from '../gateway.ts';

const maxBytes = 32 * 1024 * 1024;

/** The address that the operator gave is meant, wherever it lies; what it redirects to is not. */
export const toOperators = (base: string): SafeFetchDeps => {
  const given = new URL(base).hostname.replace(/^\[(.*)\]$/, '$1');
  return { allowed: { name: host => host === given, address: () => false } };
};

const unusable = (what: string, why: string) =>
  new DomainError('unavailable', 'telemetry.source', `${what} answered with ${why}.`);

async function ask(
  what: string,
  base: string,
  path: string,
  query: Record<string, string>,
): Promise<unknown> {
  const url = `${base.replace(/\/+$/, '')}${path}?${new URLSearchParams(query)}`;
  const answer = await safeFetch(url, { timeoutMs: 10_000, maxBytes }, toOperators(base));
  // Loki's answer to a limit above its own.
  if (answer.status === 400 && query.limit !== undefined) throw new TooMuchAsked(`${what} answers 400`);
  if (answer.status !== 200) throw unusable(what, `status ${answer.status}`);
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    throw unusable(what, 'something that is not JSON');
  }
}

const labels = z.record(z.string(), z.string());
const matrix = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: labels, values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
});

export const prometheusGateway = (bases: readonly { url: string; region?: string }[]): MetricsGateway => ({
  simulated: false,
  range: async (query, start, end, stepMs) => {
    const all: SampleSeries[] = [];
    for (const { url, region } of bases) {
      const given = matrix.safeParse(
        await ask('Prometheus', url, '/api/v1/query_range', {
          query,
          start: String(start / 1000),
          end: String(end / 1000),
          step: String(stepMs / 1000),
        }),
      );
      if (!given.success) throw unusable('Prometheus', 'something else than a matrix');
      for (const { metric, values } of given.data.data.result)
        all.push({ labels: region ? { region, ...metric } : metric, values });
    }
    return all;
  },
});

const streams = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('streams'),
    result: z.array(
      z.object({ stream: labels, values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())) }),
    ),
  }),
});

export const lokiGateway = (base: string): LogGateway => ({
  simulated: false,
  entries: async (query, fromNanos, toNanos, limit) => {
    const given = streams.safeParse(
      await ask('Loki', base, '/loki/api/v1/query_range', {
        query,
        start: fromNanos,
        end: toNanos,
        limit: String(limit),
        direction: 'forward',
      }),
    );
    if (!given.success) throw unusable('Loki', 'something else than streams');
    return given.data.data.result
      .flatMap(({ stream, values }) =>
        values.map(([nanos, line]): LogEntry => ({ labels: stream, nanos, line })),
      )
      .sort((a, b) => (BigInt(a.nanos) < BigInt(b.nanos) ? -1 : 1));
  },
});
