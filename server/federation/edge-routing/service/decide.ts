import { randomUUID } from 'node:crypto';
import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { streamPairs, streamsBetween } from '#server/federation/replication/service.ts';
import { inProgress, otherWriter, residencyForbids, rolesKnown, targetSilent } from '../errors.ts';
import { failoverEvent } from '../events.ts';
import { nextEpoch } from '../rules/roles.ts';
import type { DecideInput, FailoverRun, StepName } from '../schema.ts';
import { findRun, selectWrites, type WriteRow } from '../store.ts';
import { beginRun, groupOf, regionGroups } from './joined.ts';
import { refusedThere, stepTitles } from './plan.ts';
import { shownRun } from './read.ts';
import { failoverJob } from './resume.ts';
import { foundAt } from './roles.ts';

const brief: StepName[] = ['fence', 'promote', 'probe'];

/**
 * Somebody says who writes after the console lost count. It is carried out as a failover is: whoever else could write is
 * fenced first, or its lease has lapsed, and the epoch is above every one that was seen.
 */
export async function decideRoles(
  ctx: CommandContext,
  { region, reason }: DecideInput,
): Promise<FailoverRun | ApprovalRequired> {
  const rows = await selectWrites(ctx.db);
  const row = rows.find(r => r.region === region);
  if (!row || row.unknownSince === null) throw rolesKnown(region);
  const others = await neighbours(ctx, region, rows);
  const writer = others.find(r => r.unknownSince === null && r.writes);
  if (writer) throw otherWriter(region, writer.region);
  const found = await Promise.all([row, ...others].map(r => foundAt(ctx, r)));
  if (!found[0]?.answers) throw targetSilent(region);
  const epoch = nextEpoch([row, ...others], found);
  const latest = (r: WriteRow) => found[1 + others.indexOf(r)]?.leaseEpoch ?? 0;
  const from = others.find(r => r.writes) ?? others.toSorted((a, b) => latest(b) - latest(a))[0];
  const between = from
    ? await streamsBetween(ctx, from.region, region, from.writes ? 'writer' : 'flowing')
    : [];
  const refused = await refusedThere(ctx, from?.region ?? region, region, between);
  if (refused.length > 0) throw residencyForbids(region, refused);
  const streams = between.map(s => s.id);
  const steps = streams.length > 0 ? (Object.keys(stepTitles) as StepName[]) : brief;
  const refuse = others.map(r => r.region);
  const waits = await ctx.requireApproval('region.failover', {
    title: `Have ${region} write, ${refuse.join(' and ') || 'nobody else'} not`,
    subject: { kind: 'region', id: region },
    scope: { region, target: { to: region, epoch } },
    facts: { dry: false },
    reason,
    plan: steps.map(name => stepTitles[name](from?.region ?? region, region)),
    change: {
      before: { writes: 'not known' } as Json,
      after: { writes: region, refuse, epoch } as Json,
    },
    blast: `Nobody knows who writes since the console was rebuilt. What another region accepted since the snapshot and ${region} did not receive stays there, and parity names it.`,
    ...(row.simulated ? { simulated: true as const } : {}),
  });
  if (waits) return waits;
  const group = groupOf(await regionGroups({ ...ctx, db: ctx.ownWrites() }), region);
  const id = randomUUID();
  const run = {
    ...{ id, from: from?.region ?? region, to: region, dry: false, automatic: false, epoch, reason },
    state: 'running' as const,
    simulated: row.simulated,
    by: `${ctx.principal.kind}:${ctx.principal.name ?? ctx.principal.id}`,
    steps: steps.map(name => ({
      ...{ name, title: stepTitles[name](from?.region ?? region, region), state: 'waiting' as const },
      ...{ startedAt: null, endedAt: null, said: null },
    })),
    facts: {
      ...{ ready: false, notReady: ['Who may write is known: it was asked'], streams, decides: refuse },
      ...{ predictedRpoSeconds: null, predictedRtoSeconds: 0, predictedDetectSeconds: null },
      ...{ answers: false, lastHeardAt: null, lastLsn: null, downAt: null, fenced: null },
      ...{ rpoBytes: null, rpoSeconds: null, writtenAt: null, message: null },
    },
  };
  await ctx.commit(
    failoverEvent('failover.decided', region, { refuse, epoch, run: id, reason }, [failoverJob(id)]),
    tx => beginRun(tx, run, group, ctx.clock.now()),
  );
  const stored = await findRun(ctx.ownWrites(), id);
  if (!stored) throw inProgress();
  return shownRun(stored);
}

/** Whoever a stream joins with it, either way round. */
async function neighbours(
  ctx: CommandContext,
  region: string,
  rows: readonly WriteRow[],
): Promise<WriteRow[]> {
  const pairs = (await streamPairs(ctx)).filter(p => p.from === region || p.to === region);
  const names = new Set(pairs.flatMap(p => [p.from, p.to]).filter(name => name !== region));
  return rows.filter(row => names.has(row.region));
}
