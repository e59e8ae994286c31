import { env } from '#kernel/env/env.ts';
import { gatewayState } from '#kernel/env/gateways.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { lokiGateway } from '../gateway.real/prometheus.ts';
import { type LogEntry, type LogGateway, TooMuchAsked } from '../gateway.ts';
import type { Line } from '../rules/formats/line.ts';
import { lokiEvent } from '../rules/formats/loki.ts';
import type { Rejected } from '../store/sources.ts';
import { ingestLines } from './ingest.ts';
import { rejectedOf, sampleOf } from './rejections.ts';
import { pullOnce } from './source.ts';

const nanos = (ms: number) => `${BigInt(Math.round(ms)) * 1_000_000n}`;
const hour = 3_600_000;
const page = 1000;
/** What Loki gives at most by its own default; an instant has no pages, so more of one than this is out of reach. */
const mostAtOnce = 5000;

const after = (at: string) => `${BigInt(at) + 1n}`;

interface Page {
  entries: LogEntry[];
  /** Where the next pull begins. */
  next: string;
  full: boolean;
  cut?: Rejected;
}

async function pageOf(gateway: LogGateway, from: string, to: string): Promise<Page> {
  const query = env().vars.LOKI_QUERY;
  const entries = await gateway.entries(query, from, to, page);
  const last = entries.at(-1)?.nanos ?? from;
  const full = entries.length >= page;
  // Of a page that ends amid an instant the rest is asked for next time, since it begins with that instant again.
  if (!full || entries[0]?.nanos !== last) return { entries, next: last, full };
  const whole = await gateway.entries(query, last, after(last), mostAtOnce).catch(error => {
    // It gives no more at once than it gave; everything else passes, and is asked for again.
    if (error instanceof TooMuchAsked) return entries;
    throw error;
  });
  if (whole.length < mostAtOnce && whole !== entries) return { entries: whole, next: after(last), full };
  const at = new Date(Number(BigInt(last) / 1_000_000n)).toISOString();
  return {
    entries: whole,
    next: after(last),
    full,
    cut: {
      count: 1,
      reason: `More lines of the instant ${at} than the ${whole.length} that Loki gives at once; the rest of that instant is left out.`,
      sample: sampleOf(whole.at(-1)?.line ?? ''),
    },
  };
}

const together = (cut: Rejected | undefined, refused: Rejected | undefined): Rejected | undefined =>
  cut && refused ? { ...cut, count: cut.count + refused.count } : (cut ?? refused);

const id = 'loki';
const address = (): string | undefined =>
  gatewayState('logs').state === 'real' ? env().vars.LOKI_URL : undefined;

export const namedLoki = (): string[] => (address() ? [id] : []);

export async function pullLoki(ctx: CommandContext, given?: LogGateway): Promise<number | null> {
  const url = address();
  const gateway = given ?? (url ? lokiGateway(url) : null);
  if (!gateway) return 0;
  return pullOnce(ctx, { id, kind: 'logs', title: 'Loki', simulated: gateway.simulated }, async cursor => {
    const now = ctx.clock.now().getTime();
    // The last instant is asked for again, since more lines may share it; their ids keep them single, and how many were
    // seen of it keeps what was refused from being counted twice.
    const [from = '', seen = '0'] = (cursor ?? `${nanos(now - hour)}:0`).split(':');
    const { entries, next, full, cut } = await pageOf(gateway, from, nanos(now));
    const lines = entries.map(({ labels, nanos: at, line }, index): Line => {
      const event = lokiEvent({ ...labels }, at, line);
      return event ? { line: index + 1, event } : { line: index + 1, problem: 'No time.' };
    });
    const again = new Set(
      lines.slice(0, Number(seen)).flatMap(({ line }, n) => (entries[n]?.nanos === from ? [line] : [])),
    );
    const result = lines.length > 0 ? await ingestLines(ctx, 'loki', lines) : null;
    const ofLast = entries.filter(entry => entry.nanos === next).length;
    return {
      cursor: `${next}:${ofLast}`,
      pulled: result?.accepted ?? 0,
      rejected: together(cut, result ? rejectedOf(result, lines, again) : undefined),
      lagSeconds: full ? (now - Number(BigInt(next) / 1_000_000n)) / 1000 : 0,
    };
  });
}
