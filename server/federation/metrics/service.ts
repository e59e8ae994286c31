import { setImmediate as turn } from 'node:timers/promises';
import { fewAtOnce } from '#kernel/http/few-at-once.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { badQuery, noSource } from './errors.ts';
import { regionSources } from './gateway.ts';
import { type Data, labelled, mergeExpositions, newestQuery, seriesOf, warningsOf } from './rules/merge.ts';
import { aggregates, forRegions, QueryError } from './rules/promql.ts';
import type { InstantInput, QueryAnswer, RangeInput, Sources } from './schema.ts';
import { absent, answeredBySome, askAll, askOne, deadlineMs, type Reply, roomOf } from './service/ask.ts';

export { deadlineMs };

const few = fewAtOnce({ running: 2, waiting: 30 });

/** Who has no name of their own is counted by their address, as their calls are. */
function inLine<T>({ principal, request }: ReadContext, act: () => Promise<T>): Promise<T> {
  const named = principal.kind !== 'anonymous' && principal.kind !== 'simulation';
  return few(`${principal.kind}:${named ? principal.id : request.ip}`, act);
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
  const asked = await askAll<Data>(ctx, {
    path,
    parameters: [['query', meant.query], ...parameters],
    timeout: input.timeout,
    regions: input.regions,
    holds: meant.holds,
    json: true,
  });
  const replies = answeredBySome(asked);
  let resultType = empty;
  const result: QueryAnswer['result'] = [];
  for (const { data, answer } of replies) {
    if (data === null) continue;
    await turn(); // others of this process go first between two regions
    const { type, series } = seriesOf(data, answer.region);
    resultType = type;
    answer.series = series.length;
    for (const one of series) result.push(one);
  }
  const said = summed(ctx, replies);
  if (aggregates(meant.query) && replies.length > 1)
    said.infos.push('Each region was asked by itself: every figure is one region’s, none is their sum.');
  return { resultType, result, ...said };
}

const optional = (name: string, value: number | undefined): [string, string][] =>
  value === undefined ? [] : [[name, String(value)]];

export const queryNow = (ctx: ReadContext, input: InstantInput): Promise<QueryAnswer> => {
  const time = String(input.time ?? ctx.clock.now().getTime() / 1000);
  return inLine(ctx, () => query(ctx, input, '/api/v1/query', [['time', time]], 'vector'));
};

export const queryRange = (ctx: ReadContext, input: RangeInput): Promise<QueryAnswer> => {
  const { start, end, step } = input;
  const range: [string, string][] = Object.entries({ start, end, step }).map(([name, value]) => [
    name,
    String(value),
  ]);
  return inLine(ctx, () => query(ctx, input, '/api/v1/query_range', range, 'matrix'));
};

interface Matching {
  match: string[];
  start?: number | undefined;
  end?: number | undefined;
  regions?: string[] | undefined;
}

/** Selectors that mean different regions are asked apart, so that none is lost and none asked where it does not belong. */
const matching = <T>(ctx: ReadContext, path: string, input: Matching, json = true): Promise<Reply<T>[]> =>
  inLine(ctx, () => askMatching(ctx, path, input, json));

async function askMatching<T>(
  ctx: ReadContext,
  path: string,
  input: Matching,
  json: boolean,
): Promise<Reply<T>[]> {
  const room = roomOf();
  const meant = input.match.map(text => scoped(text, 'match[]'));
  const all = await regionSources(ctx);
  if (all.length === 0) throw noSource();
  const groups = new Map<string, string[]>();
  for (const { region } of all) {
    await turn(); // each pattern may take its while
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
        room,
      }),
    ),
  );
  // Over all groups: a lost region that is a group of its own takes nothing from the others.
  return answeredBySome([...replies.flat(), ...absent<T>(input.regions, all)]);
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
