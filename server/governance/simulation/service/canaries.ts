import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import type { WorldMetric } from '#server/world/schema.ts';
import { appendWorldCommand, loadWorld } from '#server/world/state.ts';
import type { World } from '#server/world/world.ts';
import { alreadyRunning, badTarget, noSuchRun, notRunning } from '../errors.ts';
import { simulationEvent } from '../events.ts';
import { judgeCanary } from '../rules/judge.ts';
import type { Samples, Scorecard } from '../schema/judgement.ts';
import type { CanaryResult, RunRow, StartCanaryInput } from '../schema.ts';
import { startCanaryInput } from '../schema.ts';
import {
  extendRun,
  findRun,
  findRunningCanary,
  finishRun,
  insertRun,
  type StoredRun,
  selectDueCanaries,
} from '../store/runs.ts';
import { countVerdict } from './metrics.ts';
import { whoOf } from './runs.ts';

const minute = 60_000;
const everyMs = 15_000;
const judged: readonly WorldMetric[] = ['rps', 'error_ratio', 'latency_p95_ms', 'cpu', 'memory'];

/** What both parts did since the new version had a minute to come up. */
export function canarySamples(world: World, service: string, from: number, to: number): Samples {
  const times: number[] = [];
  for (let t = from + minute; t <= to; t += everyMs) times.push(t);
  return Object.fromEntries(
    judged.map(metric => [
      metric,
      {
        baseline: times.map(t => world.partMetric(metric, service, 'baseline', t)),
        canary: times.map(t => world.partMetric(metric, service, 'canary', t)),
        critical: metric === 'error_ratio',
        weight: metric === 'latency_p95_ms' ? 2 : 1,
      },
    ]),
  );
}

export async function startCanary(ctx: CommandContext, input: StartCanaryInput): Promise<RunRow> {
  const now = ctx.clock.now();
  const world = await loadWorld(ctx.db, now);
  const service = world.service(input.service);
  if (!service) throw badTarget(`The simulated world has no service "${input.service}".`);
  if (world.serviceAt(service.id, now.getTime()).version === input.version)
    throw badTarget(`${service.id} runs version ${input.version} already.`);
  if (await findRunningCanary(ctx.db, service.id))
    throw alreadyRunning(`${service.id} already has a canary.`);
  const endsAt = new Date(now.getTime() + input.minutes * minute);
  const row: RunRow = {
    id: uuidv7(now.getTime()),
    kind: 'canary',
    tenantId: service.tenantId,
    title: `${service.id} ${input.version} on ${Math.round(input.share * 100)} percent`,
    state: 'running',
    verdict: null,
    score: null,
    requestedBy: whoOf(ctx),
    createdAt: now.toISOString(),
    endsAt: endsAt.toISOString(),
    finishedAt: null,
  };
  const { id, kind, tenantId, title, requestedBy } = row;
  await ctx.commit(
    simulationEvent(
      'canary.started',
      { kind: 'simulation', id },
      { service: service.id, version: input.version, share: input.share, minutes: input.minutes },
    ),
    async tx => {
      await appendWorldCommand(
        tx,
        { kind: 'canary.start', service: service.id, version: input.version, share: input.share },
        now,
        `canary:${id}`,
      );
      await insertRun(tx, { id, kind, tenantId, title, requestedBy, input, endsAt }, now);
    },
    { tenantId: service.tenantId },
  );
  return row;
}

/** Whoever cannot say after twice the time takes the new version back: not knowing is no reason to promote. */
export async function judgeDueCanaries(ctx: CommandContext): Promise<number> {
  const due = await selectDueCanaries(ctx.db, ctx.clock.now());
  for (const run of due) await judgeOne(ctx, run);
  return due.length;
}

async function judgeOne(ctx: CommandContext, run: StoredRun): Promise<void> {
  const now = ctx.clock.now();
  const input = startCanaryInput.parse(run.input);
  const world = await loadWorld(ctx.db, now);
  const to = Math.min(now.getTime(), Date.parse(run.endsAt ?? now.toISOString()));
  const card = judgeCanary(canarySamples(world, input.service, Date.parse(run.createdAt), to));
  const before = run.result as CanaryResult | null;
  if (card.verdict === 'inconclusive' && !before?.extended)
    return extend(ctx, run, card, new Date(now.getTime() + input.minutes * minute));
  await end(ctx, run, card.verdict, {
    scorecard: card,
    promoted: card.verdict === 'pass',
    extended: before?.extended ?? false,
  });
}

async function extend(ctx: CommandContext, run: StoredRun, card: Scorecard, endsAt: Date): Promise<void> {
  const { service, version } = startCanaryInput.parse(run.input);
  const result: CanaryResult = { scorecard: card, promoted: null, extended: true };
  await ctx.commit(
    simulationEvent(
      'canary.judged',
      { kind: 'simulation', id: run.id },
      { service, version, verdict: 'inconclusive, so it goes on once more' },
    ),
    async tx => void (await extendRun(tx, run.id, result, endsAt)),
    run.tenantId === null ? {} : { tenantId: run.tenantId },
  );
}

class EndedMeanwhile extends Error {}

async function end(
  ctx: CommandContext,
  run: StoredRun,
  verdict: RunRow['verdict'],
  result: CanaryResult,
): Promise<boolean> {
  const now = ctx.clock.now();
  const { service, version } = startCanaryInput.parse(run.input);
  const stopped = verdict === null;
  try {
    await ctx.commit(
      simulationEvent(
        stopped ? 'canary.stopped' : 'canary.judged',
        { kind: 'simulation', id: run.id },
        stopped ? { service, version } : { service, version, verdict, promoted: result.promoted },
      ),
      async tx => {
        const state = stopped ? ('stopped' as const) : ('done' as const);
        const score = result.scorecard?.score ?? null;
        if (!(await finishRun(tx, run.id, { state, verdict, score, result }, now)))
          throw new EndedMeanwhile();
        const promote = result.promoted === true;
        await appendWorldCommand(tx, { kind: 'canary.end', service, promote }, now, `canary-end:${run.id}`);
      },
      run.tenantId === null ? {} : { tenantId: run.tenantId },
    );
  } catch (error) {
    if (error instanceof EndedMeanwhile) return false;
    throw error;
  }
  if (verdict) countVerdict('canary', verdict);
  return true;
}

export async function stopCanary(ctx: CommandContext, id: string): Promise<RunRow> {
  const run = await findRun(ctx.db, id);
  if (run?.kind !== 'canary') throw noSuchRun(id);
  const before = run.result as CanaryResult | null;
  const result = {
    scorecard: before?.scorecard ?? null,
    promoted: false,
    extended: before?.extended ?? false,
  };
  if (run.state !== 'running' || !(await end(ctx, run, null, result))) throw notRunning(id);
  const { input: _input, result: _result, ...row } = run;
  return { ...row, state: 'stopped', finishedAt: ctx.clock.now().toISOString() };
}
