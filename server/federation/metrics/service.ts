import { counter, histogram } from '#kernel/metrics/metrics.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { badQuery, noRegionAnswered, noSource } from './errors.ts';
import { type RegionSource, regionSources } from './gateway.ts';
import { type Data, labelled, mergeExpositions, newestQuery, seriesOf, warningsOf } from './rules/merge.ts';
import { aggregates, forRegions, QueryError } from './rules/promql.ts';
import type { InstantInput, QueryAnswer, RangeInput, RegionAnswer, Sources } from './schema.ts';

/** Well below the second that calls between regions may take at the 95th percentile, tripled for the tail. */
export const deadlineMs = 2_500;

const seconds = histogram('metrics_region_seconds', 'Time a region’s Prometheus took', ['region']);
const gaps = counter('metrics_region_gaps_total', 'Questions a region did not answer', ['region', 'state']);

interface Question {
  path: string;
  parameters: [string, string][];
  timeout?: number | undefined;
  regions?: string[] | undefined;
  /** Which regions the question itself means. */
  holds?: (region: string) => boolean;
  json: boolean;
}

interface Reply<T> {
  answer: RegionAnswer;
  data: T | null;
  warnings: string[];
  infos: string[];
}

interface Body<T> {
  status?: string;
  data?: T;
  errorType?: string;
  error?: string;
  warnings?: string[];
  infos?: string[];
}

/** All regions at once, each with a deadline of its own: the slowest decides nothing but its own gap. */
async function askAll<T>(ctx: ReadContext, question: Question): Promise<Reply<T>[]> {
  const all = await regionSources(ctx);
  if (all.length === 0) throw noSource();
  const asked = all.filter(
    ({ region }) =>
      (question.regions === undefined || question.regions.includes(region)) &&
      (question.holds?.(region) ?? true),
  );
  const replies = [
    ...(await Promise.all(asked.map(source => askOne<T>(source, question)))),
    ...absent<T>(question.regions, all),
  ];
  const wrong = replies.filter(reply => reply.answer.state === 'refused');
  if (replies.length > 0 && wrong.length === replies.length)
    throw badQuery('query', wrong[0]?.answer.reason ?? 'refused');
  if (replies.length > 0 && replies.every(reply => reply.answer.state !== 'answered'))
    throw noRegionAnswered(replies.map(({ answer }) => `${answer.region} ${answer.reason}`));
  return replies;
}

/** A region that was asked for by name and has no source is a gap like any other, not an answer without figures. */
const absent = <T>(names: readonly string[] | undefined, all: readonly RegionSource[]): Reply<T>[] =>
  (names ?? [])
    .filter(name => all.every(({ region }) => region !== name))
    .map(region => ({
      answer: {
        ...{ region, simulated: false, state: 'unreachable', reason: 'has no Prometheus connected here' },
        ...{ tookMs: 0, series: 0, newest: null },
      },
      data: null,
      warnings: [],
      infos: [],
    }));

async function askOne<T>(source: RegionSource, question: Question): Promise<Reply<T>> {
  const started = performance.now();
  const limit = Math.min(deadlineMs, (question.timeout ?? Number.POSITIVE_INFINITY) * 1000);
  const signal = AbortSignal.timeout(limit);
  const { promise: late, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(new Late()), { once: true });
  const reply = (
    state: RegionAnswer['state'],
    reason: string | null,
    body?: Body<T>,
    newest: number | null = null,
  ): Reply<T> => {
    const tookMs = Math.round(performance.now() - started);
    if (state === 'answered') seconds.observe({ region: source.region }, tookMs / 1000);
    else gaps.inc({ region: source.region, state });
    const said = (texts: string[] | undefined) =>
      (texts ?? []).map(text => `region ${source.region}: ${text}`);
    const { region, simulated } = source;
    return {
      answer: { region, simulated, state, reason, tookMs, series: 0, newest },
      data: body?.data ?? null,
      warnings: said(body?.warnings),
      infos: said(body?.infos),
    };
  };
  try {
    const [found, newest] = await Promise.race([
      Promise.all([
        source.get(question.path, new URLSearchParams(question.parameters), signal),
        newestOf(source, signal),
      ]),
      late,
    ]);
    if (!question.json)
      return found.status === 200
        ? reply('answered', null, { data: found.body as T }, newest)
        : reply('unreachable', `answered with HTTP ${found.status}`);
    const body = readBody<T>(found.body);
    if (body?.status === 'success' && body.data !== undefined) return reply('answered', null, body, newest);
    if (body?.errorType === 'bad_data') return reply('refused', body.error ?? 'refused the query');
    return reply(
      'unreachable',
      body?.error ? `failed: ${body.error}` : `answered with HTTP ${found.status} and no Prometheus answer`,
    );
  } catch (error) {
    if (error instanceof Late || signal.aborted) return reply('late', `did not answer within ${limit} ms`);
    const why =
      error instanceof Error
        ? error.cause instanceof Error
          ? error.cause.message
          : error.message
        : String(error);
    return reply('unreachable', `cannot be reached (${why || 'no connection'})`);
  }
}

class Late extends Error {}

function readBody<T>(text: string): Body<T> | null {
  try {
    return JSON.parse(text) as Body<T>;
  } catch {
    return null;
  }
}

/** How old the region's newest sample is; a server that cannot say does not make the answer wait or fail. */
async function newestOf(source: RegionSource, signal: AbortSignal): Promise<number | null> {
  try {
    const { body } = await source.get('/api/v1/query', new URLSearchParams({ query: newestQuery }), signal);
    const found = readBody<{ result?: { value?: [number, string] }[] }>(body)?.data?.result?.[0]?.value?.[1];
    const taken = Number(found);
    return found !== undefined && Number.isFinite(taken) ? taken : null;
  } catch {
    return null;
  }
}

function scoped(query: string, field: string) {
  const said = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw error instanceof QueryError ? badQuery(field, error.message) : error;
    }
  };
  const meant = said(() => forRegions(query));
  return { ...meant, holds: (region: string) => said(() => meant.holds(region)) };
}

function summed<T>(ctx: ReadContext, replies: readonly Reply<T>[]) {
  const regions = replies.map(reply => reply.answer);
  return {
    warnings: [...warningsOf(regions, ctx.clock.now().getTime() / 1000), ...replies.flatMap(r => r.warnings)],
    infos: replies.flatMap(r => r.infos),
    regions,
  };
}

async function query(
  ctx: ReadContext,
  input: InstantInput | RangeInput,
  path: string,
  parameters: [string, string][],
  empty: QueryAnswer['resultType'],
): Promise<QueryAnswer> {
  const meant = scoped(input.query, 'query');
  const replies = await askAll<Data>(ctx, {
    path,
    parameters: [['query', meant.query], ...parameters],
    timeout: input.timeout,
    regions: input.regions,
    holds: meant.holds,
    json: true,
  });
  let resultType = empty;
  const result: QueryAnswer['result'] = [];
  for (const { data, answer } of replies) {
    if (data === null) continue;
    const { type, series } = seriesOf(data, answer.region);
    resultType = type;
    answer.series = series.length;
    result.push(...series);
  }
  const said = summed(ctx, replies);
  if (aggregates(meant.query) && replies.length > 1)
    said.infos.push('Each region was asked by itself: every figure is one region’s, none is their sum.');
  return { resultType, result, ...said };
}

const optional = (name: string, value: number | undefined): [string, string][] =>
  value === undefined ? [] : [[name, String(value)]];

export const queryNow = (ctx: ReadContext, input: InstantInput): Promise<QueryAnswer> =>
  query(
    ctx,
    input,
    '/api/v1/query',
    [['time', String(input.time ?? ctx.clock.now().getTime() / 1000)]],
    'vector',
  );

export const queryRange = (ctx: ReadContext, input: RangeInput): Promise<QueryAnswer> => {
  const { start, end, step } = input;
  const range: [string, string][] = Object.entries({ start, end, step }).map(([name, value]) => [
    name,
    String(value),
  ]);
  return query(ctx, input, '/api/v1/query_range', range, 'matrix');
};

interface Matching {
  match: string[];
  start?: number | undefined;
  end?: number | undefined;
  regions?: string[] | undefined;
}

/** Selectors that mean different regions are asked apart, so that none is lost and none asked where it does not belong. */
async function matching<T>(
  ctx: ReadContext,
  path: string,
  input: Matching,
  json = true,
): Promise<Reply<T>[]> {
  const meant = input.match.map(text => scoped(text, 'match[]'));
  const all = await regionSources(ctx);
  if (all.length === 0) throw noSource();
  const groups = new Map<string, string[]>();
  for (const { region } of all) {
    const selectors = meant.filter(m => m.holds(region)).map(m => m.query);
    if (meant.length === 0 || selectors.length > 0)
      groups.set(JSON.stringify(selectors), [...(groups.get(JSON.stringify(selectors)) ?? []), region]);
  }
  const replies = await Promise.all(
    [...groups].map(([selectors, regions]) =>
      askAll<T>(ctx, {
        path,
        parameters: [
          ...(JSON.parse(selectors) as string[]).map((text): [string, string] => ['match[]', text]),
          ...optional('start', input.start),
          ...optional('end', input.end),
        ],
        regions: input.regions === undefined ? regions : regions.filter(r => input.regions?.includes(r)),
        json,
      }),
    ),
  );
  return [...replies.flat(), ...absent<T>(input.regions, all)];
}

export async function listSeries(ctx: ReadContext, input: Matching) {
  const replies = await matching<Record<string, string>[]>(ctx, '/api/v1/series', input);
  const data = replies.flatMap(({ data: found, answer }) => {
    answer.series = found?.length ?? 0;
    return (found ?? []).map(labels => labelled(labels, answer.region));
  });
  return { data, ...summed(ctx, replies) };
}

export async function listLabels(ctx: ReadContext, input: Matching) {
  const replies = await matching<string[]>(ctx, '/api/v1/labels', input);
  const data = [...new Set(['region', ...replies.flatMap(reply => reply.data ?? [])])].sort();
  return { data, ...summed(ctx, replies) };
}

export async function listLabelValues(ctx: ReadContext, input: Matching & { label: string }) {
  const { label, ...rest } = input;
  const replies = await matching<string[]>(ctx, `/api/v1/label/${label}/values`, rest);
  const found = replies.flatMap(({ data, answer }) =>
    label === 'region' ? (answer.state === 'answered' ? [answer.region] : []) : (data ?? []),
  );
  return { data: [...new Set(found)].sort(), ...summed(ctx, replies) };
}

export async function federate(ctx: ReadContext, input: Matching) {
  const replies = await matching<string>(ctx, '/federate', input, false);
  const said = summed(ctx, replies);
  const texts = replies.flatMap(({ data, answer }) =>
    data === null ? [] : [{ region: answer.region, text: data }],
  );
  const notes = said.warnings.map(text => `# ${text.replaceAll('\n', ' ')}\n`).join('');
  return { text: notes + mergeExpositions(texts), ...said };
}

/** Who is asked, and how each of them answers now. */
export async function readSources(ctx: ReadContext): Promise<Sources> {
  const sources = await regionSources(ctx);
  const replies = await Promise.all(
    sources.map(source =>
      askOne<Data>(source, { path: '/api/v1/query', parameters: [['query', newestQuery]], json: true }),
    ),
  );
  return {
    deadlineMs,
    rows: replies.map(({ answer: { series: _, ...row } }) => row),
  };
}

export { parseDuration, parseTime } from './rules/promql.ts';
