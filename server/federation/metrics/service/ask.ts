import { setImmediate as turn } from 'node:timers/promises';
import { counter, histogram } from '#kernel/metrics/metrics.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { badQuery, noRegionAnswered, noSource, notExecuted } from '../errors.ts';
import { type RegionSource, regionSources } from '../gateway.ts';
import { newestQuery } from '../rules/merge.ts';
import type { RegionAnswer } from '../schema.ts';

/** Well below the second that calls between regions may take at the 95th percentile, tripled for the tail. */
export const deadlineMs = 2_500;

const seconds = histogram('metrics_region_seconds', 'Time a region’s Prometheus took', ['region']);
const gaps = counter('metrics_region_gaps_total', 'Questions a region did not answer', ['region', 'state']);

export interface Question {
  path: string;
  parameters: [string, string][];
  timeout?: number | undefined;
  regions?: string[] | undefined;
  /** Which regions the question itself means. */
  holds?: (region: string) => boolean;
  json: boolean;
  /** What the regions' answers may have together; by itself each question has its own. */
  room?: Room;
}

/** Characters that are still merged: putting answers together and writing them out keeps the process busy, too. */
export interface Room {
  left: number;
}
export const roomOf = (): Room => ({ left: mostTogether });
const mostTogether = 16 * 1024 * 1024;

export interface Reply<T> {
  answer: RegionAnswer;
  data: T | null;
  /** It understood the question and cannot answer it. */
  execution?: true;
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
export async function askAll<T>(ctx: ReadContext, question: Question): Promise<Reply<T>[]> {
  const all = await regionSources(ctx);
  if (all.length === 0) throw noSource();
  const asked = all.filter(
    ({ region }) =>
      (question.regions === undefined || question.regions.includes(region)) &&
      (question.holds?.(region) ?? true),
  );
  const room = question.room ?? roomOf();
  return [
    ...(await Promise.all(asked.map(source => askOne<T>(source, { ...question, room })))),
    ...absent<T>(question.regions, all),
  ];
}

/** Where nobody at all answered there is nothing to show: judged once, over everybody who was asked. */
export function answeredBySome<T>(replies: Reply<T>[]): Reply<T>[] {
  const wrong = replies.filter(reply => reply.answer.state === 'refused');
  const [first] = wrong;
  if (first && wrong.length === replies.length) {
    const reason = first.answer.reason ?? 'refused';
    throw first.execution ? notExecuted(reason) : badQuery('query', reason);
  }
  if (replies.length > 0 && replies.every(reply => reply.answer.state !== 'answered'))
    throw noRegionAnswered(replies.map(({ answer }) => `${answer.region} ${answer.reason}`));
  return replies;
}

/** A region that was asked for by name and has no source is a gap like any other, not an answer without figures. */
export const absent = <T>(names: readonly string[] | undefined, all: readonly RegionSource[]): Reply<T>[] =>
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

export async function askOne<T>(source: RegionSource, question: Question): Promise<Reply<T>> {
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
    await turn(); // what several regions sent is not read in one stretch
    if (question.room) {
      question.room.left -= found.body.length;
      if (question.room.left < 0)
        return reply(
          'unreachable',
          `is left out: the answers are longer than the ${mostTogether / 1024 / 1024} MiB that are merged at once. Take a longer step or name fewer series`,
        );
    }
    if (!question.json)
      return found.status === 200
        ? reply('answered', null, { data: found.body as T }, newest)
        : reply('unreachable', `answered with HTTP ${found.status}`);
    const body = readBody<T>(found.body);
    if (body?.status === 'success' && body.data !== undefined) return reply('answered', null, body, newest);
    if (body?.errorType === 'bad_data') return reply('refused', body.error ?? 'refused the query');
    if (body?.errorType === 'execution')
      return { ...reply('refused', body.error ?? 'could not execute the query'), execution: true };
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
