import { gatewayState } from '#kernel/env/gateways.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { sourceState } from '../rules/sources.ts';
import type { SourceView } from '../schema.ts';
import { selectSources } from '../store/sources.ts';

const gateways = ['metrics', 'logs', 'stream'] as const;

/** Where telemetry is pulled from, how far it is behind, and what connects what is not connected. */
export async function readSources(ctx: Pick<ReadContext, 'db' | 'clock'>): Promise<{
  rows: SourceView[];
  gateways: { name: string; title: string; state: string; reason: string }[];
}> {
  const now = ctx.clock.now();
  const rows = await selectSources(ctx.db);
  return {
    rows: rows.map(row => ({
      ...row,
      // A sample may be of anybody.
      lastRejectedSample:
        ctx.db.scope.reach === 'all' && ctx.db.scope.tenantId === undefined ? row.lastRejectedSample : null,
      state: sourceState(row, now),
    })),
    gateways: gateways.map(name => {
      const { title, state, reason } = gatewayState(name);
      return { name, title, state, reason };
    }),
  };
}
