import type { ReadContext } from '#kernel/trpc/context.ts';
import { bm25, fused, ranked } from '../rules/search/bm25.ts';
import { cosine, fromBytes, lexicalModel, lexicalVector, rarityIn } from '../rules/search/vectors.ts';
import { wordsOf } from '../rules/search/words.ts';
import {
  type SearchInput,
  type SearchResult,
  severities,
  severityAt,
  severityRank,
  type TelemetryEvent,
} from '../schema.ts';
import {
  countFiltered,
  type Filter,
  selectContaining,
  selectFacets,
  selectFiltered,
  selectHistogram,
  selectReach,
  selectTemplates,
  type TemplateDocument,
} from '../store/search.ts';
import { queryVector } from './query-vector.ts';
import { redactorFor } from './redaction.ts';

const mostTemplates = 4000;
const bestTemplates = 60;
const newest = 20_000;
const candidates = 600;
const mostCounted = 10_000;
const hourMs = 3_600_000;

type Asked = Omit<SearchInput, 'offset' | 'limit'>;

export function filterOf(ctx: Pick<ReadContext, 'clock'>, input: Asked): Filter {
  const to = input.to ? new Date(input.to) : new Date(ctx.clock.now().getTime() + hourMs);
  const from = input.from
    ? new Date(input.from)
    : new Date(ctx.clock.now().getTime() - (input.hours ?? 24) * hourMs);
  return {
    tenant: input.tenant,
    service: input.service,
    region: input.region,
    severity: input.severity?.map(severityRank),
    event: input.event,
    template: input.template ? [input.template] : undefined,
    from,
    to,
  };
}

/**
 * Newest first without words. With words: templates are ranked by BM25, by hashed n-grams, and by the meaning that a model
 * gives them; their events and those that hold the words themselves are ranked together.
 */
export async function searchEvents(ctx: ReadContext, input: SearchInput): Promise<SearchResult> {
  const filter = filterOf(ctx, input);
  if (!input.q) {
    const [rows, total] = await Promise.all([
      selectFiltered(ctx.db, filter, input.limit + 1, input.offset),
      countFiltered(ctx.db, filter, mostCounted),
    ]);
    return page(rows, input, total, { by: [] });
  }
  const q = await redactedQuery(ctx, input.q, filter.tenant);
  const found = await rankTemplates(ctx, q, filter);
  const ids = found.best.map(t => t.id);
  const [byTemplate, byWord, since] = await Promise.all([
    ids.length > 0 ? selectFiltered(ctx.db, { ...filter, template: filter.template ?? ids }, candidates) : [],
    selectContaining(ctx.db, filter, q.split(/\s+/).filter(Boolean).slice(0, 8), newest, candidates),
    selectReach(ctx.db, filter, newest),
  ]);
  const events = [
    ...new Map([...byWord, ...byTemplate].map(e => [`${e.tenantId}\u0000${e.id}`, e])).values(),
  ];
  const words = ranked(bm25(q, events.map(textOf)));
  const place = new Map(ids.map((id, rank) => [id, ids.length - rank]));
  const meaning = ranked(events.map(e => place.get(e.templateId ?? '') ?? 0));
  const literal = ranked(events.map(e => (byWord.includes(e) ? 1 : 0)));
  const scores = fused([words, meaning, literal], events.length);
  const ordered = ranked(scores)
    .map(n => ({ event: events[n] as TelemetryEvent, score: scores[n] ?? 0 }))
    .sort((a, b) => b.score - a.score || (a.event.ts < b.event.ts ? 1 : -1))
    .map(r => r.event);
  return page(ordered.slice(input.offset, input.offset + input.limit + 1), input, ordered.length, {
    by: found.by,
    wordsSince: since,
  });
}

const textOf = (e: TelemetryEvent): string =>
  `${e.event} ${e.service ?? ''} ${e.message ?? ''} ${Object.values(e.attributes)
    .filter(v => typeof v === 'string')
    .join(' ')}`;

/** What was taken out of the events is taken out of the question too, and so finds what it stands for. */
async function redactedQuery(
  ctx: ReadContext,
  q: string,
  tenants: readonly string[] | undefined,
): Promise<string> {
  const [only, ...others] = tenants ?? [];
  const tenant = ctx.scope.tenantId ?? (others.length === 0 ? only : undefined);
  return (await redactorFor(ctx, tenant ?? '*')).text(q);
}

interface Ranked {
  best: TemplateDocument[];
  /** What the ranking was made by; the model is left out when it did not answer in time. */
  by: string[];
}

async function rankTemplates(ctx: ReadContext, q: string, filter: Filter): Promise<Ranked> {
  const [documents, asked] = await Promise.all([
    selectTemplates(ctx.db, filter.tenant, filter.from, mostTemplates),
    queryVector(ctx, q),
  ]);
  const texts = documents.map(d => `${d.event} ${d.template}`);
  const rarity = rarityIn(texts);
  const grams = lexicalVector(q, rarity);
  const rankings = [
    ranked(bm25(q, texts)),
    ranked(
      texts.map(text => cosine(grams, lexicalVector(text, rarity))),
      0.25,
    ),
  ];
  const by = ['bm25', lexicalModel];
  if (asked) {
    const near = documents.map(d =>
      d.embedding && d.model === asked.model ? cosine(asked.vector, fromBytes(d.embedding)) : 0,
    );
    rankings.push(ranked(near, closeEnough(near)).slice(0, 25));
    by.push(asked.model);
  }
  const scores = fused(rankings, documents.length);
  const best = ranked(scores)
    .slice(0, bestTemplates)
    .map(n => documents[n] as TemplateDocument);
  return { best, by };
}

/** Models differ in what they call near: clearly nearer than most, and at least somewhat. */
function closeEnough(scores: readonly number[]): number {
  if (scores.length === 0) return 1;
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  const deviation = Math.sqrt(scores.reduce((a, b) => a + (b - mean) ** 2, 0) / scores.length);
  return Math.max(0.2, mean + 1.2 * deviation);
}

function page(
  rows: readonly TelemetryEvent[],
  input: { offset: number; limit: number },
  total: number,
  { by, wordsSince = null }: { by: string[]; wordsSince?: string | null },
): SearchResult {
  const more = rows.length > input.limit;
  return {
    rows: rows.slice(0, input.limit),
    total,
    atLeast: total >= mostCounted,
    nextOffset: more ? input.offset + input.limit : null,
    rankedBy: by,
    wordsSince,
  };
}

const steps = [10, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 86_400];

export async function eventHistogram(ctx: ReadContext, input: Asked) {
  const filter = filterOf(ctx, input);
  const now = ctx.clock.now();
  const to = new Date(Math.min(filter.to.getTime(), now.getTime()));
  const wanted = (to.getTime() - filter.from.getTime()) / 1000 / 60;
  const step = steps.find(s => s >= wanted) ?? 86_400;
  const template = input.q ? await templatesFor(ctx, input.q, filter) : filter.template;
  const rows = await selectHistogram(ctx.db, { ...filter, template }, step);
  const buckets = new Map<string, Record<string, number>>();
  for (let at = filter.from.getTime(); at < to.getTime(); at += step * 1000)
    buckets.set(new Date(at).toISOString(), Object.fromEntries(severities.map(s => [s, 0])));
  for (const { at, severity, n } of rows) {
    const bucket = buckets.get(at) ?? {};
    bucket[severityAt(severity)] = n;
    buckets.set(at, bucket);
  }
  return { stepSeconds: step, buckets: [...buckets].map(([at, counts]) => ({ at, counts })) };
}

const templatesFor = async (ctx: ReadContext, q: string, filter: Filter) =>
  (await rankTemplates(ctx, await redactedQuery(ctx, q, filter.tenant), filter)).best.map(t => t.id);

export async function eventFacets(ctx: ReadContext, input: Asked) {
  const rows = await selectFacets(ctx.db, filterOf(ctx, input));
  const facets: Record<'tenant' | 'service' | 'region' | 'severity', Record<string, number>> = {
    tenant: {},
    service: {},
    region: {},
    severity: {},
  };
  for (const row of rows)
    for (const [name, value] of [
      ['tenant', row.tenant],
      ['service', row.service],
      ['region', row.region],
      ['severity', severityAt(row.severity)],
    ] as const)
      if (value !== null) facets[name][value] = (facets[name][value] ?? 0) + row.n;
  return facets;
}

export async function listTemplates(
  ctx: ReadContext,
  input: { tenant?: string[] | undefined; hours: number; words: string },
) {
  const since = new Date(ctx.clock.now().getTime() - input.hours * hourMs);
  const rows = await selectTemplates(ctx.db, input.tenant, since, 1000);
  const wanted = wordsOf(input.words);
  return {
    rows: rows
      .filter(row => wanted.every(word => wordsOf(`${row.event} ${row.template}`).includes(word)))
      .map(({ embedding, severity, ...row }) => ({
        ...row,
        severity: severityAt(severity),
        vector: embedding !== null,
      })),
  };
}
