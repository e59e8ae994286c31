import type { CommandContext } from '#kernel/trpc/context.ts';
import { retireOthers } from '../store/sources.ts';
import { kafkaSettings } from './kafka.ts';
import { hasWorld } from './pull.ts';
import { namedFiles } from './pull-files.ts';
import { namedLoki } from './pull-loki.ts';
import { namedMetrics } from './pull-metrics.ts';

/** What the configuration names no longer is read by nobody: it is said so, instead of being waited for. */
export async function retireSources(ctx: CommandContext): Promise<void> {
  const named = [
    ...namedMetrics(ctx),
    ...namedLoki(),
    ...namedFiles(),
    ...(kafkaSettings() ? ['kafka'] : []),
    ...(hasWorld() ? ['world'] : []),
  ];
  await retireOthers(ctx.database, named, ctx.clock.now());
}
