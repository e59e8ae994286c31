import type { Registry } from 'prom-client';
import { type Control, defineControl } from './define.ts';

/** Seconds; both are bounds of the histogram's buckets, so that the share within is exact. */
const budgets = { query: 0.5, mutation: 2 };
const share = 0.95;
/** Below this many calls a 95th percentile says nothing. */
const enough = 20;

interface Counted {
  within: number;
  all: number;
}

async function countedBy(
  registry: Registry,
  budgetOf: (procedure: string) => number,
): Promise<Map<string, Counted>> {
  const metric = await registry.getSingleMetric('atom_procedure_duration_seconds')?.get();
  const counted = new Map<string, Counted>();
  for (const { labels, metricName, value } of (metric?.values ?? []) as Sample[]) {
    if (labels.outcome !== 'ok') continue;
    const procedure = String(labels.procedure);
    const of = counted.get(procedure) ?? { within: 0, all: 0 };
    if (metricName?.endsWith('_count')) of.all += value;
    if (metricName?.endsWith('_bucket') && Number(labels.le) === budgetOf(procedure)) of.within += value;
    counted.set(procedure, of);
  }
  return counted;
}

interface Sample {
  labels: Record<string, string | number | undefined>;
  metricName?: string;
  value: number;
}

/**
 * Looks at the calls since the last look, so that one slow minute does not fail for ever. Each process measures its own
 * calls: the worker those at the service ports.
 */
export function budgetControl(registry: Registry, isCommand: (procedure: string) => boolean): Control {
  let before = new Map<string, Counted>();
  return defineControl({
    id: 'P6.procedures',
    policy: 'P6',
    system: 'kernel',
    title: 'Reads answer within 500 ms and commands within 2 s at the 95th percentile',
    run: async () => {
      const now = await countedBy(registry, p => (isCommand(p) ? budgets.mutation : budgets.query));
      const since = [...now].map(([procedure, { within, all }]) => {
        const last = before.get(procedure);
        return { procedure, within: within - (last?.within ?? 0), all: all - (last?.all ?? 0) };
      });
      before = now;
      const judged = since.filter(p => p.all >= enough);
      const calls = since.reduce((sum, p) => sum + p.all, 0);
      if (judged.length === 0)
        return {
          result: 'N/A',
          reason: `${calls} calls at the service ports since the last look are too few to judge`,
        };
      const slow = judged.filter(p => p.within < share * p.all);
      return slow.length === 0
        ? { result: 'PASS', reason: `${judged.length} procedures with ${calls} calls kept their budget` }
        : {
            result: 'FAIL',
            reason: slow
              .map(p => `${p.procedure}: ${p.all - p.within} of ${p.all} calls were over budget`)
              .join('; '),
          };
    },
  });
}
