import { notFound } from '#kernel/errors/domain-error.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { selectEventsById, selectSeries, selectTemplateText } from '../store/read.ts';
import { selectPartitions } from '../store/retention.ts';
import { firstKeptDay, keptDays } from './retention.ts';
import { readSources } from './sources.ts';

export async function readEvent(ctx: ReadContext, id: string, tenant?: string) {
  const [event] = await selectEventsById(ctx.db, [id], tenant);
  if (!event) throw notFound('event', id);
  const template = event.templateId
    ? await selectTemplateText(ctx.db, event.tenantId, event.templateId)
    : null;
  return { event, template };
}

const dayMs = 86_400_000;

export async function readPoints(
  ctx: ReadContext,
  q: {
    tenant: string;
    service: string;
    metric: string;
    region?: string | undefined;
    from?: string | undefined;
    to?: string | undefined;
  },
) {
  const now = ctx.clock.now().getTime();
  const points = await selectSeries(ctx.db, {
    tenantId: q.tenant,
    service: q.service,
    metric: q.metric,
    region: q.region,
    from: q.from ? new Date(q.from) : new Date(now - dayMs),
    to: q.to ? new Date(q.to) : new Date(now + 1),
  });
  return { points };
}

export async function readStatus(ctx: ReadContext) {
  const [days, from, { rows }, partitions] = await Promise.all([
    keptDays(ctx),
    firstKeptDay(ctx),
    readSources(ctx),
    selectPartitions(ctx.db),
  ]);
  return {
    kept: { days, from },
    partitions,
    sources: rows.length,
    failing: rows.filter(row => row.state === 'failing').length,
  };
}
