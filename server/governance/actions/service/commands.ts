import { irreversible } from '#kernel/actions/plan.ts';
import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { drifted, heldBackNow, notNow } from '../errors.ts';
import { advanceJob, executionEvent } from '../events.ts';
import { approvalPolicies } from '../policy.ts';
import { stepWords } from '../rules/assess.ts';
import { advance, type Happening, hasEnded, isUntouched } from '../rules/machine.ts';
import { addLog, type Change, updateExecution } from '../store/changes.ts';
import type { Execution } from '../store/executions.ts';
import { whyHeldBack } from './assess.ts';
import { driversOf } from './drivers.ts';
import { courseOf } from './progress.ts';
import { questionOf } from './question.ts';
import { present } from './request.ts';
import { whyDenied } from './tightened.ts';

async function change(
  ctx: CommandContext,
  row: Execution,
  happening: Happening | null,
  event: Parameters<typeof executionEvent>[0],
  detail: Parameters<typeof executionEvent>[2],
  more: Change,
  said: string,
  options: { refuses?: true } = {},
): Promise<Execution> {
  const now = ctx.clock.now();
  const next = happening ? advance(courseOf(row), happening) : null;
  if (next && !next.ok) throw notNow(row.id, next.why);
  const course = next?.ok ? next.course : null;
  const over = course !== null && hasEnded(course.state);
  await ctx.commit(
    executionEvent(event, row, detail, over ? [] : [advanceJob(row.id)]),
    async tx => {
      const steps =
        course?.steps.flatMap(({ state }, n) => (state === row.steps[n]?.state ? [] : [{ n, state }])) ?? [];
      const updated = await updateExecution(
        tx,
        row,
        {
          dueAt: null,
          ...(course ? { state: course.state, step: course.step, tries: 0 } : {}),
          ...(over ? { endedAt: now } : {}),
          ...more,
        },
        steps,
        now,
      );
      if (!updated) throw notNow(row.id, 'it has just moved on. Look at it again.');
      await addLog(tx, row, [{ level: 'info', said }], now);
    },
    { tenantId: row.tenantId, ...options },
  );
  return present({ ...ctx, db: ctx.ownWrites() }, row.id);
}

const versionsNow = async (ctx: ReadContext, row: Execution): Promise<string[]> => {
  const drivers = driversOf(ctx);
  return Promise.all(
    row.steps.map(async ({ driver, target }) => {
      const found = await drivers.find(d => d.name === driver)?.read(target, row.tenantId);
      return found?.version ?? 'gone';
    }),
  );
};

/**
 * Sets an execution going that waits: with the release of its approval, and not otherwise. Called by a person it asks for
 * the approval, once. A target that moved since it was planned makes the approval void, here and for good.
 */
export async function runExecution(
  ctx: CommandContext,
  { exec_id: id }: { exec_id: string },
): Promise<Execution | ApprovalRequired> {
  const row = await present(ctx, id);
  if (row.state !== 'waiting' || row.policyId === null)
    throw notNow(id, `it is ${row.state}, and only what waits for an approval is set going.`);
  const versions = await versionsNow(ctx, row);
  const moved = versions.some((version, n) => version !== row.versions[n]);
  if (moved) {
    const said = 'A target changed after it was planned, so whatever was approved is void';
    await change(
      ctx,
      row,
      { did: 'refuse' },
      'execution.refused',
      { versions, planned: row.versions },
      { outcome: said },
      said,
      { refuses: true },
    );
    throw drifted(id);
  }
  const waits = await ctx.requireApproval(row.policyId, questionOf(row, versions));
  if (waits) return waits;
  if (!ctx.release) throw notNow(id, 'nobody approved it.');
  return change(
    ctx,
    row,
    { did: 'authorise' },
    'execution.authorised',
    { approval: ctx.release.requestId, digest: ctx.release.digest },
    { approvalId: ctx.release.requestId },
    'Approved, and set going',
  );
}

/** Stops it before its next step; what was done already is taken back. */
export async function stopExecution(
  ctx: CommandContext,
  { exec_id: id, reason }: { exec_id: string; reason: string },
): Promise<Execution> {
  const row = await present(ctx, id);
  if (hasEnded(row.state) || row.state === 'rolling-back') throw notNow(id, `it is ${row.state} already.`);
  const said = `Stopped by ${ctx.principal.name}: ${reason}`;
  if (row.state === 'waiting')
    return change(ctx, row, { did: 'refuse' }, 'execution.stopped', { reason }, { outcome: said }, said);
  return change(ctx, row, null, 'execution.stopped', { reason }, { stop: said }, said);
}

/** Where the canary showed neither, or something held it back between two steps. */
export async function decideCanary(
  ctx: CommandContext,
  { exec_id: id, reason, go_on: goOn }: { exec_id: string; reason: string; go_on: boolean },
): Promise<Execution> {
  const row = await present(ctx, id);
  // What halted it must be over before it goes on; what it did may be taken back at any time.
  if (goOn && row.state === 'undecided') {
    const held = await whyHeldBack(ctx, row.plan, row.id, row.step);
    if (held) throw heldBackNow(held.code, held.why, held.until);
    const denied = await whyDenied(ctx, row);
    if (denied !== null) throw heldBackNow('policy', denied, null);
  }
  const said = `${ctx.principal.name} decided that it ${goOn ? 'goes on' : 'is taken back'}: ${reason}`;
  return change(
    ctx,
    row,
    { did: 'decide', goOn },
    'execution.decided',
    { goOn, reason },
    goOn
      ? { failure: null, outcome: said }
      : { failure: said, outcome: `Taken back: ${said}`.slice(0, 1000) },
    said,
  );
}

/** Takes back what succeeded, as long as its targets are as it left them. */
export async function rollbackExecution(
  ctx: CommandContext,
  { exec_id: id, reason }: { exec_id: string; reason: string },
): Promise<Execution | ApprovalRequired> {
  const row = await present(ctx, id);
  const why = whyNotRollback(row);
  if (why) throw notNow(id, why);
  const held = await whyHeldBack(ctx, row.plan, row.id);
  if (held && held.code !== 'budget') throw heldBackNow(held.code, held.why, held.until);
  const versions = await versionsNow(ctx, row);
  const left = row.steps.map(step => step.applied?.version ?? null);
  if (versions.some((version, n) => lastOf(row, n) && left[n] !== null && left[n] !== version))
    throw notNow(id, 'its targets were changed since. Taking it back would undo that too; plan anew.');
  const base = questionOf(row, versions);
  const waits = await ctx.requireApproval(row.policyId ?? approvalPolicies.medium, {
    ...base,
    title: `Take back: ${row.title}`,
    facts: { needed: row.policyId !== null },
    reason,
    plan: row.plan.steps.toReversed().map(step => `Take back: ${stepWords(step)}`),
    change: { before: { versions }, after: { versions: row.versions } },
  });
  if (waits) return waits;
  const said = `${ctx.principal.name} had it taken back: ${reason}`;
  return change(
    ctx,
    row,
    { did: 'turnBack' },
    'execution.rollback_asked',
    { reason },
    { failure: said },
    said,
  );
}

/** Of several steps on one target, the last one says how it was left. */
const lastOf = (row: Execution, n: number): boolean =>
  row.steps.findLastIndex(step => step.target === row.steps[n]?.target) === n;

export function whyNotRollback(row: Execution): string | null {
  if (row.dryRun) return 'it was a dry run, and changed nothing.';
  if (row.state !== 'succeeded') return `it is ${row.state}; only what succeeded can be taken back.`;
  if (row.plan.steps.some(step => irreversible.has(step.action)))
    return 'a part of it cannot be taken back, and none is taken back without it.';
  return null;
}
export const whyNotStop = (row: Execution): string | null =>
  hasEnded(row.state) || row.state === 'rolling-back'
    ? `It is ${row.state}.`
    : row.stop !== null
      ? 'It is being stopped.'
      : null;
export const whyNotRun = (row: Execution): string | null =>
  row.state === 'waiting' ? null : isUntouched(row.state) ? 'It is on its way.' : `It is ${row.state}.`;
