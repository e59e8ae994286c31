import { open, stat } from 'node:fs/promises';
import { env } from '#kernel/env/env.ts';
import { gatewayState } from '#kernel/env/gateways.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { lokiGateway, prometheusGateway } from '../gateway.real/prometheus.ts';
import { simulatedEvents, simulatedHistory, simulatedMetrics } from '../gateway.simulated.ts';
import type { LogGateway, MetricsGateway } from '../gateway.ts';
import { type Line, parseLine } from '../rules/formats/line.ts';
import { lokiEvent, severityInText } from '../rules/formats/loki.ts';
import { nextRange, parseFiles, parseQueries, samplesOf } from '../rules/pulling.ts';
import { copySamples, writeSamples } from '../store/write.ts';
import { ingestLines } from './ingest.ts';
import { pullOnce } from './source.ts';
import { tenantsOf } from './tenants.ts';

/** Whether there is a simulated world to listen to. */
export const hasWorld = (): boolean => env().simulation;
export const hasLogs = (): boolean =>
  (env().vars.LOKI_URL !== undefined && real('logs')) || env().vars.TELEMETRY_FILES !== undefined;

const real = (name: string) => gatewayState(name).state === 'real';
const hour = 3_600_000;
const day = 24 * hour;

/** Pairs region=URL, as in PROM_REGION_URLS. */
const regionUrls = (text: string | undefined) =>
  (text ?? '').split(',').flatMap(part => {
    const at = part.indexOf('=');
    return at > 0 ? [{ region: part.slice(0, at).trim(), url: part.slice(at + 1).trim() }] : [];
  });

function metricsGateway(ctx: CommandContext): MetricsGateway | null {
  const { PROM_URL, PROM_REGION_URLS } = env().vars;
  if (real('metrics'))
    return prometheusGateway(PROM_URL ? [{ url: PROM_URL }] : regionUrls(PROM_REGION_URLS));
  return env().simulation ? simulatedMetrics(ctx.db, ctx.clock.now()) : null;
}

/** Fills `metric_point` in steps of fifteen seconds, and goes on where it stopped. */
export async function pullMetrics(ctx: CommandContext, given?: MetricsGateway): Promise<number | null> {
  const gateway = given ?? metricsGateway(ctx);
  if (!gateway) return 0;
  const name = { id: 'prometheus', kind: 'metrics', title: 'Prometheus', simulated: gateway.simulated };
  return pullOnce(ctx, name, async cursor => {
    const now = ctx.clock.now().getTime();
    const range = nextRange(cursor === null ? null : Number(cursor), now);
    if (!range) return null;
    const tenants = await tenantsOf(ctx);
    let pulled = 0;
    // A real Prometheus keeps its own names; the world answers to the console's.
    const queries = parseQueries(gateway.simulated ? undefined : env().vars.PROM_QUERIES);
    for (const [metric, query] of Object.entries(queries)) {
      const series = await gateway.range(query, range.start, range.end, 15_000);
      pulled += await writeSamples(ctx.database, samplesOf(metric, series, tenants).samples);
    }
    return { cursor: String(range.end), pulled, lagSeconds: (now - range.end) / 1000 };
  });
}

const nanos = (ms: number) => `${BigInt(Math.round(ms)) * 1_000_000n}`;
const lokiPage = 1000;

export async function pullLoki(ctx: CommandContext, given?: LogGateway): Promise<number | null> {
  const url = env().vars.LOKI_URL;
  const gateway = given ?? (url && real('logs') ? lokiGateway(url) : null);
  if (!gateway) return 0;
  return pullOnce(
    ctx,
    { id: 'loki', kind: 'logs', title: 'Loki', simulated: gateway.simulated },
    async cursor => {
      const now = ctx.clock.now().getTime();
      const from = cursor ?? nanos(now - hour);
      const entries = await gateway.entries(env().vars.LOKI_QUERY, from, nanos(now), lokiPage);
      const lines = entries.map(({ labels, nanos: at, line }, index): Line => {
        const event = lokiEvent({ ...labels }, at, line);
        return event ? { line: index + 1, event } : { line: index + 1, problem: 'No time.' };
      });
      if (lines.length > 0) await ingestLines(ctx, 'loki', lines);
      // The last instant is asked for again, since lines may share it; their ids keep them single. A full page of one
      // instant would never end, so then it goes on behind it.
      const last = entries.at(-1)?.nanos ?? from;
      const stuck = entries.length === lokiPage && last === from;
      const next = stuck ? `${BigInt(last) + 1n}` : last;
      const behind = entries.length === lokiPage ? now - Number(BigInt(last) / 1_000_000n) : 0;
      return { cursor: next, pulled: entries.length, lagSeconds: behind / 1000 };
    },
  );
}

const eventsChunk = 2 * hour;

/** What the simulated world's services say, since the last time; at a first start two days of it. */
export async function pullWorld(ctx: CommandContext, signal?: AbortSignal): Promise<number | null> {
  if (!env().simulation) return 0;
  const name = { id: 'world', kind: 'events', title: 'Simulated world', simulated: true };
  for (let all = 0; ; ) {
    let behind = false;
    const pulled = await pullOnce(ctx, name, async cursor => {
      const now = ctx.clock.now().getTime();
      const from = Math.max(cursor === null ? now - 2 * day : Number(cursor), now - 2 * day);
      const to = Math.min(from + eventsChunk, now);
      if (to <= from) return null;
      const events = await simulatedEvents(ctx.db, ctx.clock.now(), from, to);
      const result = await ingestLines(
        ctx,
        'simulated',
        events.map((event, index) => ({ line: index + 1, event })),
      );
      behind = to < now;
      return { cursor: String(to), pulled: result.accepted, lagSeconds: (now - to) / 1000 };
    });
    if (pulled === null) return null;
    all += pulled;
    if (!behind || signal?.aborted) return all;
  }
}

const historyStep = 60_000;

/** Once, at a first start: two days of metrics, a point a minute, so that what learns from them need not wait for days. */
export async function loadMetricHistory(ctx: CommandContext): Promise<number | null> {
  if (!env().simulation || real('metrics')) return 0;
  const name = {
    id: 'world-history',
    kind: 'metrics',
    title: 'Simulated history of metrics',
    simulated: true,
  };
  return pullOnce(ctx, name, async cursor => {
    if (cursor !== null) return null;
    const now = ctx.clock.now().getTime();
    const end = Math.floor(now / historyStep) * historyStep - historyStep;
    const tenants = await tenantsOf(ctx);
    let pulled = 0;
    for await (const samples of simulatedHistory(ctx.db, ctx.clock.now(), end - 2 * day, end, historyStep)) {
      const own = samples.filter(s => tenants.get(s.tenantId)?.simulated);
      // What a pull brought meanwhile, or a history that was broken off, is kept as it is.
      pulled += await copySamples(ctx.database, own).catch(() => writeSamples(ctx.database, own));
    }
    return { cursor: String(end), pulled, lagSeconds: null };
  });
}

const fileChunk = 1024 * 1024;

/** Whole lines that were added since the last time; a file that became shorter or another one is read from its start. */
export async function pullFiles(
  ctx: CommandContext,
  given = env().vars.TELEMETRY_FILES,
): Promise<number | null> {
  let all = 0;
  let failed = false;
  for (const { tenantId, path } of parseFiles(given)) {
    const name = { id: `file:${path}`.slice(0, 200), kind: 'file', title: path, simulated: false };
    const pulled = await pullOnce(ctx, name, async cursor => {
      const [inode, offset] = (cursor ?? ':0').split(':');
      const found = await stat(path);
      const same = inode === String(found.ino) && Number(offset) <= found.size;
      const from = same ? Number(offset) : 0;
      const { lines, read } = await wholeLines(path, from);
      if (lines.length > 0)
        await ingestLines(
          ctx,
          'file',
          lines.map((text, index) => fileLine(text, index + 1)),
          { tenantId },
        );
      const left = found.size - from - read;
      return {
        cursor: `${found.ino}:${from + read}`,
        pulled: lines.length,
        lagSeconds: left > 0 ? (ctx.clock.now().getTime() - found.mtimeMs) / 1000 : 0,
      };
    });
    if (pulled === null) failed = true;
    else all += pulled;
  }
  return failed ? null : all;
}

async function wholeLines(path: string, from: number): Promise<{ lines: string[]; read: number }> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(fileChunk);
    const { bytesRead } = await file.read(buffer, 0, fileChunk, from);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10);
    // A line that fills the whole chunk will not end within any bound: it is skipped.
    if (end < 0) return { lines: [], read: bytesRead === fileChunk ? bytesRead : 0 };
    return {
      lines: buffer
        .toString('utf8', 0, end)
        .split('\n')
        .filter(line => line.trim() !== ''),
      read: end + 1,
    };
  } finally {
    await file.close();
  }
}

function fileLine(text: string, line: number): Line {
  if (text.startsWith('{')) {
    const parsed = parseLine(text, line);
    if (parsed.event !== undefined) return parsed;
  }
  return { line, event: { event: 'log', severity: severityInText(text), message: text.slice(0, 16_000) } };
}
