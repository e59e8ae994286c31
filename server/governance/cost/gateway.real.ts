import { safeFetch } from '#kernel/http/safe-fetch.ts';
import { costSourceAway } from './errors.ts';
import type { CostSource } from './gateway.ts';

/**
 * Bills come by import. Use comes from Prometheus, under the names that recording rules give it: a ratio of what the
 * service has, for each `service` and `tenant`.
 */
export function realCosts(url: string): CostSource {
  const range = async (query: string, from: number, to: number, stepMs: number) => {
    const at = new URL('api/v1/query_range', url.endsWith('/') ? url : `${url}/`);
    at.search = new URLSearchParams({
      query,
      start: String(from / 1000),
      end: String(to / 1000),
      step: String(stepMs / 1000),
    }).toString();
    const { status, body } = await safeFetch(at.href, { timeoutMs: 5_000, maxBytes: 8 * 1024 * 1024 });
    const answer = JSON.parse(body.toString('utf8')) as {
      status?: string;
      error?: string;
      data?: { result?: { values?: [number, string][] }[] };
    };
    if (status !== 200 || answer.status !== 'success') throw costSourceAway(answer.error ?? `HTTP ${status}`);
    return new Map(
      (answer.data?.result?.[0]?.values ?? []).map(([t, v]) => [Math.round(t * 1000), Number(v)]),
    );
  };
  return {
    name: 'Prometheus',
    simulated: false,
    bill: async () => null,
    runRate: async () => null,
    usage: async ({ tenantId, service, from, to, stepMs }) => {
      const labels = `{service=${JSON.stringify(service)},tenant=${JSON.stringify(tenantId)}}`;
      const [cpu, memory, starts] = await Promise.all([
        range(`max(atom_service_cpu_ratio${labels})`, from, to, stepMs),
        range(`max(atom_service_memory_ratio${labels})`, from, to, stepMs),
        range(`max(atom_service_start_time_seconds${labels})`, from, to, stepMs),
      ]);
      const finite = (value: number | undefined) =>
        value !== undefined && Number.isFinite(value) ? value : null;
      const points = [];
      for (let t = from; t <= to; t += stepMs)
        points.push({ t, cpu: finite(cpu.get(t)), memory: finite(memory.get(t)) });
      return {
        stepMs,
        points,
        starts: [...new Set([...starts.values()].map(s => s * 1000))].filter(s => s >= from && s <= to),
      };
    },
  };
}
