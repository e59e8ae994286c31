import type { ReadContext } from '#kernel/trpc/context.ts';
import { listSeries, readMinutes } from '#server/governance/observability/service.ts';
import { noSuchRule } from '../errors.ts';
import { matchesGlob, type Rule } from '../rules/evaluate.ts';
import type { FactEvent, FactSignal } from '../rules/facts.ts';
import { type Watched, type WatchState, watch } from '../rules/minutes.ts';
import { type Record, type Replayed, replay, stepMs } from '../rules/replay.ts';
import type { DryRunInput, DryRunResult, RuleDefinition } from '../schema/rules.ts';
import { selectRules } from '../store/rules.ts';
import { eventsIn, templatesOf } from './telemetry.ts';

const mostEvents = 10_000;
const mostSeries = 60;
/** What the detector learns from before the time that is looked at. */
const learnMs = 6 * 3_600_000;

/** What a draft would have said of what was really recorded, beside the rule as it is. Nothing is changed. */
export async function dryRunRule(ctx: ReadContext, input: DryRunInput): Promise<DryRunResult> {
  const current = input.against === undefined ? null : await currentRule(ctx, input.against);
  const now = ctx.clock.now().getTime();
  const to = now - (now % stepMs);
  const from = to - input.hours * 3_600_000;
  const rules: Rule[] = [{ id: 'draft', definition: input.definition }, ...(current ? [current] : [])];
  const window = Math.max(
    0,
    ...rules.map(({ definition: { when } }) => ('withinMinutes' in when ? when.withinMinutes : 0)),
  );
  const [events, series] = await Promise.all([
    window === 0
      ? []
      : eventsIn(ctx, {
          ...(input.tenantId === undefined ? {} : { tenantId: input.tenantId }),
          from: new Date(from - window * 60_000),
          to: new Date(to),
          limit: mostEvents,
        }),
    seriesOf(
      ctx,
      input,
      rules.map(rule => rule.definition),
      from,
      to,
    ),
  ]);
  const tenants = new Set([...events.map(event => event.tenantId), ...series.byTenant.keys()]);
  const byEvents = Map.groupBy(events, (event: FactEvent) => event.tenantId);
  const rows: { tenantId: string; draft: Replayed; current: Replayed | null }[] = [];
  for (const tenantId of [...tenants].sort()) {
    const record: Record = {
      tenantId,
      events: byEvents.get(tenantId) ?? [],
      signals: series.byTenant.get(tenantId) ?? [],
      templates: await templatesOf(ctx, tenantId, ctx.clock.now()),
    };
    const [draft, before] = rules.map(rule => replay(rule, record, from, to));
    if (draft) rows.push({ tenantId, draft, current: before ?? null });
  }
  const total = (pick: (row: (typeof rows)[number]) => Replayed | null) => ({
    fired: rows.reduce((sum, row) => sum + (pick(row)?.fired.length ?? 0), 0),
    held: rows.reduce((sum, row) => sum + (pick(row)?.held ?? 0), 0),
  });
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    stepSeconds: stepMs / 1000,
    evaluations: (to - from) / stepMs + 1,
    events: events.length,
    points: series.points,
    truncated: events.length >= mostEvents || series.truncated,
    draft: total(row => row.draft),
    current: current ? total(row => row.current) : null,
    byTenant: rows
      .map(row => ({
        tenantId: row.tenantId,
        draft: row.draft.fired.length,
        current: row.current?.fired.length ?? null,
      }))
      .filter(row => row.draft > 0 || (row.current ?? 0) > 0),
    examples: rows
      .flatMap(row => row.draft.fired)
      .toSorted((a, b) => b.at - a.at)
      .slice(0, 10)
      .map(fired => ({ ...fired, at: new Date(fired.at).toISOString() })),
  };
}

async function currentRule(ctx: ReadContext, id: string): Promise<Rule> {
  const found = (await selectRules(ctx.db)).find(rule => rule.id === id);
  if (!found) throw noSuchRule(id);
  return { id, definition: found.definition };
}

async function seriesOf(
  ctx: ReadContext,
  input: DryRunInput,
  definitions: readonly RuleDefinition[],
  from: number,
  to: number,
) {
  const wanted = definitions.flatMap(({ when }) => ('metric' in when ? [when] : []));
  const byTenant = new Map<string, FactSignal[][]>();
  if (wanted.length === 0) return { byTenant, points: 0, truncated: false };
  const all = (await listSeries(ctx)).filter(
    series =>
      (input.tenantId === undefined || series.tenantId === input.tenantId) &&
      wanted.some(when => matchesGlob(when.metric, series.metric)),
  );
  const some = all.slice(0, mostSeries);
  const since = new Date(from - (wanted.some(when => when.kind === 'anomaly') ? learnMs : 0));
  const minutes = await readMinutes(
    ctx,
    some.map(series => ({ ...series, since })),
    new Date(to),
  );
  for (const own of Map.groupBy(minutes, m => `${m.tenantId}\n${m.service}\n${m.metric}`).values()) {
    const [first] = own;
    if (!first) continue;
    let state: WatchState | null = null;
    let at: number | null = null;
    const signals: FactSignal[] = [];
    for (const minute of own) {
      const seen: Watched | null = watch(state, at, [{ at: Date.parse(minute.at), value: minute.value }]);
      if (!seen) continue;
      state = seen.state;
      at = seen.at;
      if (seen.at >= from) {
        const { value, expected, score } = seen;
        signals.push({ service: first.service, metric: first.metric, at: seen.at, value, expected, score });
      }
    }
    byTenant.set(first.tenantId, [...(byTenant.get(first.tenantId) ?? []), signals]);
  }
  return { byTenant, points: minutes.length, truncated: all.length > some.length };
}
