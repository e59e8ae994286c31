import type { Registry } from 'prom-client';
import type { CommandContext } from '../trpc/context.ts';

/** Seconds; both are bounds of the histogram's buckets, so that the share within is exact. */
export const budgets = { query: 0.5, mutation: 2 };

interface Counted {
  within: number;
  total: number;
}
interface Sample {
  labels: Record<string, string | number | undefined>;
  metricName?: string;
  value: number;
}

async function countedBy(
  registry: Registry,
  isCommand: (procedure: string) => boolean,
): Promise<Map<string, Counted>> {
  const metric = await registry.getSingleMetric('atom_procedure_duration_seconds')?.get();
  const counted = new Map<string, Counted>();
  for (const { labels, metricName, value } of (metric?.values ?? []) as Sample[]) {
    if (labels.outcome !== 'ok') continue;
    const procedure = String(labels.procedure);
    const budget = isCommand(procedure) ? budgets.mutation : budgets.query;
    const of = counted.get(procedure) ?? { within: 0, total: 0 };
    if (metricName?.endsWith('_count')) of.total += value;
    if (metricName?.endsWith('_bucket') && Number(labels.le) === budget) of.within += value;
    counted.set(procedure, of);
  }
  return counted;
}

/**
 * Writes down what this process has answered since the last time, beside what the other processes write: a budget is kept
 * by the console, not by one of its processes. Far too many facts for an entry each: one digest for the batch.
 */
export function callCounter(
  ctx: CommandContext,
  registry: Registry,
  isCommand: (procedure: string) => boolean,
): () => Promise<number> {
  let before = new Map<string, Counted>();
  return async () => {
    const now = await countedBy(registry, isCommand);
    const minute = new Date(Math.floor(ctx.clock.now().getTime() / 60_000) * 60_000).toISOString();
    const facts = [...now].flatMap(([procedure, { within, total }]) => {
      const last = before.get(procedure);
      const calls = total - (last?.total ?? 0);
      return calls > 0 ? [{ procedure, minute, within: within - (last?.within ?? 0), total: calls }] : [];
    });
    await ctx.record({ type: 'calls.counted', target: { kind: 'minute', id: minute } }, facts, async tx => {
      await tx.$executeRaw`insert into procedure_minute as m (procedure, minute, within, total)
        select procedure, minute, within, total
        from jsonb_to_recordset(${JSON.stringify(facts)}::jsonb) as f(procedure text, minute timestamptz, within int, total int)
        order by procedure
        on conflict (procedure, minute) do update set within = m.within + excluded.within, total = m.total + excluded.total`;
    });
    before = now; // only now: what could not be written is counted again
    return facts.length;
  };
}
