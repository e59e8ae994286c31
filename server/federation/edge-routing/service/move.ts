import { randomUUID } from 'node:crypto';
import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { redactText } from '#kernel/redact/redact.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { drainStream } from '#server/federation/replication/service.ts';
import { readTenant, switchHome } from '#server/federation/tenants/service.ts';
import { moveNotPossible, moveRuns } from '../errors.ts';
import { moveEvent } from '../events.ts';
import type { MoveInput, MovePlan, MoveStep, MoveStepName, TenantMove } from '../schema/move.ts';
import { findMove, insertMove, saveMove, selectMoves } from '../store/moves.ts';
import { lookAtMove, planMove } from './move-plan.ts';
import { routeRequest } from './route.ts';

const settleMs = 20_000;
export const moveJobKey = (id: string) => `move:${id}`;

export async function listMoves(ctx: ReadContext, tenant: string): Promise<{ moves: TenantMove[] }> {
  await readTenant(ctx, tenant);
  return { moves: await selectMoves(ctx.db, tenant) };
}

/** The plan is looked at, asked for where it is production, and carried out by a job; dry, it is only written down. */
export async function moveTenant(
  ctx: CommandContext,
  input: MoveInput,
): Promise<TenantMove | ApprovalRequired> {
  const plan = await planMove(ctx, input);
  const dry = input.dryRun;
  if (!plan.possible && !dry) throw moveNotPossible(plan);
  const waits = await ctx.requireApproval('tenant.move', question(input, plan));
  if (waits) return waits;
  const id = randomUUID();
  const move = {
    ...{ id, tenantId: plan.tenant, from: plan.from, to: plan.to, dry, plan, reason: input.reason },
    state: dry ? ('done' as const) : ('running' as const),
    by: `${ctx.principal.kind}:${ctx.principal.name ?? ctx.principal.id}`,
    steps: plan.steps.map(step => ({
      ...step,
      state: dry ? ('skipped' as const) : ('waiting' as const),
      said: null,
    })),
    simulated: plan.simulated,
  };
  const detail = { from: plan.from, to: plan.to, move: id, reason: input.reason, possible: plan.possible };
  const job = { task: 'edge_routing.move', key: moveJobKey(id), payload: { id }, maxAttempts: 10 };
  await ctx.commit(
    moveEvent(dry ? 'move.previewed' : 'move.begun', plan.tenant, detail, dry ? [] : [job]),
    async tx => {
      if (!(await insertMove(tx, move, ctx.clock.now()))) throw moveRuns(plan.tenant);
    },
    { tenantId: plan.tenant },
  );
  const stored = await findMove(ctx.ownWrites(), id);
  if (!stored) throw moveRuns(plan.tenant);
  return stored;
}

function question(input: MoveInput, plan: MovePlan) {
  return {
    title: `Move ${plan.tenant} from ${plan.from} to ${plan.to}`,
    subject: { kind: 'tenant', id: plan.tenant },
    // After any change of the tenant somebody has to look again.
    scope: { tenantId: plan.tenant, target: { version: plan.version, to: plan.to } },
    facts: { production: plan.production && !input.dryRun },
    reason: input.reason,
    plan: [...plan.steps.map(step => step.title), ...plan.stays.map(text => `Not moved: ${text}`)],
    change: { before: { homeRegion: plan.from } as Json, after: { homeRegion: plan.to } as Json },
    blast: `One tenant, ${plan.tenant}: its requests are led to ${plan.to} first. ${plan.copy.said}.`,
    ...(plan.simulated ? { simulated: true as const } : {}),
  };
}

type Perform = (ctx: CommandContext, move: TenantMove) => Promise<string>;

const perform: Record<MoveStepName, Perform> = {
  check: async (ctx, move) => {
    const { plan } = await lookAtMove(own(ctx), move.tenantId, move.to);
    // It was switched already, and the process ended before that could be noted.
    if (plan.from === move.to) return 'nothing keeps it';
    if (plan.from !== move.from) throw new Error(`Its home is ${plan.from} by now.`);
    if (!plan.possible) throw moveNotPossible(plan);
    return plan.copy.said;
  },
  settle: async (ctx, move) => {
    const { plan, settle } = await lookAtMove(own(ctx), move.tenantId, move.to);
    if (plan.from === move.to) return 'everything had arrived';
    for (const stream of settle) {
      const waits = await drainStream(ctx, stream, settleMs);
      if (waits !== null) throw new Error(`The stream ${stream} did not bring everything: ${waits}.`);
    }
    return `${settle.join(', ')} brought everything`;
  },
  switch: async (ctx, move) => {
    await switchHome(ctx, { id: move.tenantId, from: move.from, to: move.to, move: move.id });
    return `its home is ${move.to}`;
  },
  confirm: async (ctx, move) => {
    const { region, refusal } = await routeRequest(own(ctx), { tenant: move.tenantId });
    return region === null
      ? `requests are refused: ${refusal}`
      : `a request from nowhere in particular is led to ${region}`;
  },
  reverse: async (ctx, move) => {
    const back = await planMove(own(ctx), { tenant: move.tenantId, to: move.from });
    return back.possible
      ? `the way back to ${move.from} is open`
      : `the way back to ${move.from} needs: ${back.obstacles.map(o => o.what).join('; ')}`;
  },
};

const own = (ctx: CommandContext): CommandContext => ({ ...ctx, db: ctx.ownWrites() });

/** Goes on from wherever it is; each step may be repeated, and the home moves in one commit. */
export async function runMove(ctx: CommandContext, id: string): Promise<void> {
  for (;;) {
    const move = await findMove(ctx.ownWrites(), id);
    if (move?.state !== 'running') return;
    const step = move.steps.find(s => s.state === 'waiting' || s.state === 'running');
    if (!step) return endMove(ctx, move, null);
    if (!(await note(ctx, move, step, { state: 'running' }))) return;
    try {
      await note(ctx, move, step, { said: await perform[step.name](ctx, move), state: 'done' });
    } catch (error) {
      // A server that does not answer may come back: the job is tried again, and nothing was changed.
      if (error instanceof RegionUnreachable) throw error;
      const why = error instanceof Error ? redactText(error.message) : 'unknown';
      Object.assign(step, { state: 'failed', said: why });
      return endMove(ctx, move, why);
    }
  }
}

/** False: it was ended meanwhile, by whoever saw that nobody carried it on. */
async function note(
  ctx: CommandContext,
  move: TenantMove,
  step: MoveStep,
  change: Partial<MoveStep>,
): Promise<boolean> {
  Object.assign(step, change);
  return ctx.database.write(ctx.scope, tx => saveMove(tx, move.id, { steps: move.steps }));
}

class Ended extends Error {}

export async function endMove(ctx: CommandContext, move: TenantMove, failure: string | null): Promise<void> {
  const detail = { from: move.from, to: move.to, move: move.id, ...(failure ? { reason: failure } : {}) };
  try {
    await ctx.commit(
      moveEvent(failure ? 'move.failed' : 'move.finished', move.tenantId, detail),
      async tx => {
        const saved = await saveMove(tx, move.id, {
          state: failure ? 'failed' : 'done',
          steps: move.steps,
          message: failure,
          finishedAt: ctx.clock.now(),
        });
        if (!saved) throw new Ended();
      },
      { tenantId: move.tenantId },
    );
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    ctx.unchanged();
  }
}
