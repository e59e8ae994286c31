import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import { isProduction } from '#kernel/env/production.ts';
import { askStreamsJob } from '#kernel/regions/ask-streams.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { retireJob } from '#server/platform/notifications/request.ts';
import { noSuchRegion, wrongState } from '../errors.ts';
import { orderEvent, regionEvent } from '../events.ts';
import { type Order, ordered } from '../rules/state.ts';
import type { RegionRole, RegionState } from '../schema.ts';
import { type LivingRegion, moveRegion, selectLiving, setRole, startListening } from '../store/life.ts';
import { readReturned } from './life.ts';

interface Given {
  name: string;
  reason: string;
}
type Ordered = { status: 'done'; region: string; state: RegionState };

const words: Record<
  Order,
  { title: (name: string) => string; plan: (name: string) => string[]; blast: string }
> = {
  readmit: {
    title: name => `Readmit the region ${name}`,
    plan: name => [`Set ${name} active again`, 'Forget what was kept for the comparison'],
    blast: 'It may take traffic and data of production tenants again.',
  },
  quarantine: {
    title: name => `Quarantine the region ${name}`,
    plan: name => [
      `Set ${name} quarantined: nothing is routed there until it is readmitted`,
      'Pause every stream from and to it until then',
    ],
    blast: 'Its tenants are served from elsewhere, where another region may hold their data.',
  },
  retire: {
    title: name => `Retire the region ${name}`,
    plan: name => [
      `Set ${name} retired for good: its heartbeats are refused from then on`,
      'Nothing is deleted',
    ],
    blast: 'Tenants at home there need another home first.',
  },
};

/** An operator's word about a region. What concerns production waits for an approver; quarantine protects, and does not. */
export async function orderRegion(
  ctx: CommandContext,
  order: Order,
  { name, reason }: Given,
): Promise<Ordered | ApprovalRequired> {
  const [region] = await selectLiving(ctx.db, [name]);
  if (!region) throw noSuchRegion(name);
  requireState(region, order);
  const changed = order === 'readmit' ? (await readReturned(ctx, name)).differences.length : 0;
  if (order !== 'quarantine') {
    const waits = await ctx.requireApproval(`region.${order}`, {
      title: words[order].title(name),
      subject: { kind: 'region', id: name },
      scope: { region: name, target: { state: region.state, content: region.contentHash } },
      facts: { production: isProduction({ environment: region.environment }) },
      reason,
      plan: words[order].plan(name),
      change: {
        before: { state: region.state, changedMeanwhile: changed },
        after: { state: ordered[order].to },
      },
      blast: words[order].blast,
      ...(region.simulated ? { simulated: true as const } : {}),
    });
    if (waits) return waits;
  }
  const { to } = ordered[order];
  await ctx.commit(
    orderEvent(
      order,
      name,
      { from: region.state, reason, changedMeanwhile: changed },
      jobsAfter(order, name),
    ),
    async tx => {
      const lost = order === 'quarantine' ? undefined : null;
      if (!(await moveRegion(tx, name, region.state, to, { now: ctx.clock.now(), reason, lost })))
        throw wrongState(name, region.state);
    },
  );
  return { status: 'done', region: name, state: to };
}

const jobsAfter = (order: Order, name: string) =>
  order === 'quarantine' ? [askStreamsJob()] : [askStreamsJob(), retireJob(`region:${name}:lost`)];

function requireState(region: LivingRegion, order: Order): void {
  if (!(ordered[order].from as readonly RegionState[]).includes(region.state))
    throw wrongState(region.id, region.state);
}

/** For failovers: the role that goes with an epoch; an older epoch never takes one back. */
export async function assumeRole(
  ctx: CommandContext,
  name: string,
  role: RegionRole,
  epoch: number,
): Promise<void> {
  await ctx.commit(regionEvent('region.role_changed', name, { role, epoch }), async tx => {
    if (!(await setRole(tx, name, role, epoch))) throw wrongState(name, 'of a later epoch, or unknown');
  });
}

/** After this console was rebuilt: it was away and they were not, so silence counts from now. */
export async function readoptRegions(ctx: CommandContext, from: string): Promise<string[]> {
  return ctx.commit(
    names => regionEvent('region.readopted', 'all', { from, regions: names }),
    tx => startListening(tx, ctx.clock.now()),
  );
}
