import { DomainError } from '#kernel/errors/domain-error.ts';
import { log } from '#kernel/log/log.ts';
import { askingContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { streamPairs } from '#server/federation/replication/service.ts';
import { failoverEvent } from '../events.ts';
import { mayAskAgain } from '../rules/quorum.ts';
import { executeInput } from '../schema.ts';
import { proposalState } from '../store/proposals.ts';
import type { WriteRow } from '../store.ts';
import { executeFailover } from './execute.ts';
import { readReadiness } from './plan.ts';

/** One loss of a writer, from when observers agreed until it is seen again: what was said and asked of it. */
interface Loss {
  epoch: number;
  held: Set<string>;
  /** The newest request or run. */
  asked: string | null;
}
const losses = new Map<string, Loss>();

export const isTold = ({ region, epoch }: WriteRow): boolean => losses.get(region)?.epoch === epoch;
export const beginLoss = ({ region, epoch }: WriteRow): void =>
  void losses.set(region, { epoch, held: new Set(), asked: null });
export const endLoss = (region: string): boolean => losses.delete(region);

/** People are asked once for each loss, and again where their request ended without anybody's word. */
export async function propose(ctx: CommandContext, row: WriteRow, broken: string | null): Promise<void> {
  const loss = losses.get(row.region);
  const to = (await streamPairs(ctx)).find(p => p.from === row.region && p.state === 'active')?.to;
  if (!loss || !to) return;
  const state = loss.asked === null ? null : await proposalState(ctx.db, loss.asked);
  if (!mayAskAgain(state)) return;
  const { refused } = await readReadiness(ctx, row.region, to);
  const forbids =
    refused.length > 0 ? `not allowed in ${to}: ${refused.map(r => r.reason).join('; ')}` : null;
  const held = broken ?? forbids;
  if (held !== null) return hold(ctx, row.region, loss, held);
  try {
    loss.asked = await ask(ctx, row.region, to);
  } catch (error) {
    // It is tried again in the next round, and what is in the way is told once.
    log().warn({ event: 'failover.not_proposed', region: row.region, error });
    if (error instanceof DomainError) await hold(ctx, row.region, loss, error.message);
  }
}

/** Each reason once. */
async function hold(ctx: CommandContext, region: string, loss: Loss, reason: string): Promise<void> {
  if (loss.held.has(reason)) return;
  await ctx.commit(failoverEvent('failover.held', region, { reason }), async () => {});
  loss.held.add(reason);
}

async function ask(ctx: CommandContext, from: string, to: string): Promise<string> {
  const reason = `${from} is down: enough observers agree`;
  const input = executeInput.parse({ from, to, reason, despiteNotReady: true });
  const asking = askingContext('edge_routing.watch', ctx, 'edgeRouting.execute', {
    policies: ['region.failover'],
    input,
  });
  const made = await executeFailover(asking, input, true);
  return 'requestId' in made ? made.requestId : made.id;
}
