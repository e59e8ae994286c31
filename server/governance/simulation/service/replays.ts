import { setImmediate } from 'node:timers/promises';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { loadWorld } from '#server/world/state.ts';
import { badTarget } from '../errors.ts';
import { simulationEvent } from '../events.ts';
import { caseOf, draftOf, type Propose, resultOf, runbook, signsOf } from '../rules/replay.ts';
import type { Verdict } from '../schema/judgement.ts';
import { type ReplayCase, type ReplayInput, replayInput } from '../schema/replay.ts';
import type { RunRow } from '../schema.ts';
import { findRun, finishRun, insertRun, putGates, selectGates } from '../store/runs.ts';
import { countVerdict } from './metrics.ts';
import { whoOf } from './runs.ts';

const day = 86_400_000;

/** The reasoner uses simulation, so simulation cannot import it: whoever puts the console together binds it here. */
let propose: Propose = runbook;
export const bindReplayReasoner = (bound: Propose): void => {
  propose = bound;
};

/** Answered at once; the history of a fleet takes seconds and is walked by a job. */
export async function startReplay(ctx: CommandContext, input: ReplayInput): Promise<RunRow> {
  const now = ctx.clock.now();
  const world = await loadWorld(ctx.db, now);
  const { tenantId = null, days } = input;
  if (tenantId !== null && !world.tenants.some(t => t.id === tenantId))
    throw badTarget(`The simulated world has no tenant "${tenantId}".`);
  const row: RunRow = {
    id: uuidv7(now.getTime()),
    kind: 'replay',
    tenantId,
    title: `${days} days of ${tenantId ?? 'every tenant'}`,
    state: 'running',
    verdict: null,
    score: null,
    requestedBy: whoOf(ctx),
    createdAt: now.toISOString(),
    endsAt: null,
    finishedAt: null,
  };
  const { id, kind, title, requestedBy } = row;
  await ctx.commit(
    simulationEvent(
      'replay.requested',
      { kind: 'simulation', id },
      { days },
      { jobs: [{ task: 'simulation.replay', payload: { id }, key: `replay:${id}` }] },
    ),
    tx => insertRun(tx, { id, kind, tenantId, title, requestedBy, input }, now),
    tenantId === null ? {} : { tenantId },
  );
  return row;
}

/** Repeatable: a second run finds that the first one has ended it. */
export async function runReplay(ctx: CommandContext, id: string, signal?: AbortSignal): Promise<void> {
  const run = await findRun(ctx.db, id);
  if (run?.kind !== 'replay' || run.state !== 'running') return;
  const input = replayInput.parse(run.input);
  const to = Date.parse(run.createdAt);
  const from = to - input.days * day;
  const world = await loadWorld(ctx.db, new Date(to));
  const policy = draftOf(input.document, input.tenantId);
  const cases: ReplayCase[] = [];
  for (const service of world.services) {
    if (input.tenantId !== undefined && service.tenantId !== input.tenantId) continue;
    signal?.throwIfAborted();
    for (const sign of signsOf(world, service, from, to)) {
      const proposed = propose(sign);
      const found = proposed && caseOf(world, policy, sign, proposed);
      if (found) cases.push(found);
    }
    await setImmediate(); // other jobs of this process go on
  }
  const result = resultOf(cases, from, to);
  const { acted, harmed, saved, falseActions } = result.total;
  const verdict: Verdict = acted === 0 ? 'inconclusive' : harmed > 0 ? 'fail' : 'pass';
  const score = acted === 0 ? null : Math.round((1000 * saved) / acted) / 10;
  const now = ctx.clock.now();
  let first = false;
  await ctx.commit(
    simulationEvent(
      'replay.finished',
      { kind: 'simulation', id },
      { acted, harmed, saved, false: falseActions, verdict },
      input.tenantId === undefined ? {} : { tenantId: input.tenantId },
    ),
    async tx => {
      first = await finishRun(tx, id, { state: 'done', verdict, score, result }, now);
      // One tenant's history alone is little evidence: only a replay of all of them opens or shuts a gate.
      if (first && input.tenantId === undefined)
        await putGates(
          tx,
          result.gates.map(gate => ({ ...gate, runId: id })),
          now,
        );
    },
  );
  if (first) countVerdict('replay', verdict);
}

export async function listGates(ctx: ReadContext, tenantId?: string) {
  return { rows: await selectGates(ctx.db, tenantId), simulated: true as const };
}
