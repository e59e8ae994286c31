import { randomUUID } from 'node:crypto';
import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { inProgress, noMirror, noPrimary, notReady, residencyForbids, rolesUnknown } from '../errors.ts';
import { failoverEvent } from '../events.ts';
import { regionDown } from '../rules/quorum.ts';
import type { ExecuteInput, FailoverPlan, FailoverRun } from '../schema.ts';
import {
  findRun,
  type RunFacts,
  readSettings,
  selectObservations,
  selectWrites,
  setWrites,
} from '../store.ts';
import { beginRun, groupOf, regionGroups } from './joined.ts';
import { planFailover } from './plan.ts';
import { shownRun } from './read.ts';
import { failoverJob } from './resume.ts';

/** Nothing is changed in a region here: the fence begins with the commit, and a job carries out the rest. */
export async function executeFailover(
  ctx: CommandContext,
  input: ExecuteInput,
  automatic = false,
): Promise<FailoverRun | ApprovalRequired> {
  const plan = await planFailover(ctx, input.from, input.to);
  const roles = (await selectWrites(ctx.db)).filter(r => [input.from, input.to].includes(r.region));
  const unknown = roles.filter(r => r.unknownSince !== null).map(r => r.region);
  if (unknown.length > 0) throw rolesUnknown(unknown);
  const writes = roles.find(row => row.region === input.from);
  if (plan.streams.length === 0) throw noMirror(input.from, input.to);
  if (!writes?.writes) throw noPrimary(input.from);
  if (plan.readiness.refused.length > 0 && !input.dryRun)
    throw residencyForbids(input.to, plan.readiness.refused);
  if (!plan.readiness.ready && !input.despiteNotReady && !input.dryRun) throw notReady(plan.readiness);
  const waits = await ctx.requireApproval('region.failover', question(input, plan, automatic));
  if (waits) return waits;
  const group = groupOf(await regionGroups({ ...ctx, db: ctx.ownWrites() }), input.from);
  const id = randomUUID();
  const facts = await factsAtStart(ctx, input, plan);
  const dry = input.dryRun;
  const run = {
    ...{
      id,
      from: input.from,
      to: input.to,
      dry,
      automatic,
      reason: input.reason,
      facts,
      simulated: plan.simulated,
    },
    state: dry ? ('done' as const) : ('running' as const),
    epoch: plan.epoch,
    by: `${ctx.principal.kind}:${ctx.principal.name ?? ctx.principal.id}`,
    steps: plan.steps.map(({ name, title, seconds }) => ({
      ...{ name, title, startedAt: null, endedAt: null },
      state: dry ? ('skipped' as const) : ('waiting' as const),
      said: dry ? `would take about ${seconds} s` : null,
    })),
  };
  const detail = { from: input.from, to: input.to, epoch: plan.epoch, run: id, reason: input.reason };
  await ctx.commit(
    failoverEvent(
      dry ? 'failover.previewed' : 'failover.begun',
      input.from,
      detail,
      dry ? [] : [failoverJob(id)],
    ),
    async tx => {
      const now = ctx.clock.now();
      await beginRun(tx, run, group, now);
      if (!dry) await setWrites(tx, input.from, { fencing: true }, now);
    },
  );
  const stored = await findRun(ctx.ownWrites(), id);
  if (!stored) throw inProgress();
  return shownRun(stored);
}

async function factsAtStart(ctx: CommandContext, input: ExecuteInput, plan: FailoverPlan): Promise<RunFacts> {
  const [observations, settings] = await Promise.all([selectObservations(ctx.db), readSettings(ctx.db)]);
  const seen = observations.filter(o => o.region === input.from);
  const own = seen.find(o => o.observer === 'console');
  const { since } = regionDown(seen, settings.quorum, ctx.clock.now().getTime());
  return {
    ready: plan.readiness.ready,
    notReady: plan.readiness.rows
      .filter(r => !['ready', 'note'].includes(r.result))
      .map(r => `${r.title}: ${r.found}`),
    predictedRpoSeconds: plan.predicted.rpoSeconds,
    predictedRtoSeconds: plan.predicted.rtoSeconds,
    predictedDetectSeconds: plan.predicted.detectSeconds,
    streams: plan.streams,
    answers: plan.answers,
    lastHeardAt: own?.heardAt ?? null,
    lastLsn: own?.lsn ?? null,
    downAt: since === null ? null : new Date(since).toISOString(),
    fenced: null,
    rpoBytes: null,
    rpoSeconds: null,
    writtenAt: null,
    message: null,
  };
}

function question(input: ExecuteInput, plan: FailoverPlan, automatic: boolean) {
  const { readiness, predicted } = plan;
  return {
    title: `Fail ${input.from} over to ${input.to}`,
    subject: { kind: 'region', id: input.from },
    // What is bound is where it goes under which epoch, and whether the primary answers: whoever agreed to a switch that
    // loses nothing did not agree to one that does. After another failover the approval is void.
    scope: { region: input.from, target: { to: input.to, epoch: plan.epoch, answers: plan.answers } },
    facts: { dry: input.dryRun },
    reason: input.reason,
    plan: [
      ...plan.steps.map(step => step.title),
      `The way back, from ${input.to} to ${input.from}, is planned at once`,
    ],
    change: {
      before: { writes: input.from, epoch: plan.epoch - 1 } as Json,
      after: {
        writes: input.to,
        epoch: plan.epoch,
        notReady: readiness.rows
          .filter(r => !['ready', 'note'].includes(r.result))
          .map(r => `${r.title}: ${r.found}`),
      } as Json,
    },
    blast: `${plan.tenants.length} tenants write in ${input.to} afterwards (${plan.tenants.join(', ')}). Predicted loss: ${
      predicted.rpoSeconds === null ? 'not known' : `${predicted.rpoSeconds} s`
    }; no writes for about ${predicted.rtoSeconds} s.${plan.withheld.length > 0 ? ` Not there: ${plan.withheld.join(', ')}.` : ''}${
      automatic ? ' Proposed by the console: enough observers agree that the region is down.' : ''
    }`,
    ...(plan.simulated ? { simulated: true as const } : {}),
  };
}
