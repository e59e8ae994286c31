import type { CommandContext } from '#kernel/trpc/context.ts';
import { approvalEvent, dueJob } from '../events.ts';
import { type Case, type Effect, step } from '../rules/machine.ts';
import { lockRequest, type RequestRow, saveCase, selectDue } from '../store/requests.ts';
import { caseOf, nextDue } from './case.ts';
import { reminder, retired, tellRequester } from './messages.ts';

interface Ticked {
  row: RequestRow;
  next: Case;
  effects: Effect[];
}

/** Thrown inside the transaction to leave it without an entry; never seen outside. */
class NothingDue extends Error {}

/** Looks at what is due, all of it or one request's: reminders, escalations, ends. */
export async function runDue(ctx: CommandContext, id?: string): Promise<number> {
  let done = 0;
  for (const due of await selectDue(ctx.ownWrites(), ctx.clock.now(), id))
    if (await tickOne(ctx, due.id)) done += 1;
  return done;
}

/** Before an answer is taken: what ended a moment ago has ended, whether the job has come by or not. */
export async function expireOverdue(ctx: CommandContext, id: string): Promise<void> {
  await runDue(ctx, id);
}

async function tickOne(ctx: CommandContext, id: string): Promise<boolean> {
  try {
    await ctx.commit(
      (done: Ticked) => eventOf(done),
      async tx => {
        const row = await lockRequest(tx, id);
        const result = row && step(caseOf(row), { do: 'tick' }, ctx.clock.now().getTime());
        if (!row || !result?.ok || result.effects.length === 0) throw new NothingDue();
        const { next, effects } = result;
        const outcome = effects.includes('expired') ? endOf(row) : null;
        await saveCase(tx, id, row.state, next, outcome);
        return { row, next, effects };
      },
    );
    return true;
  } catch (error) {
    if (error instanceof NothingDue) return false;
    throw error;
  }
}

const endOf = (row: RequestRow): string =>
  row.state === 'pending' ? 'Nobody decided in time, which counts as denied' : 'It was not released in time';

function eventOf({ row, next, effects }: Ticked) {
  if (effects.includes('expired'))
    return approvalEvent('approval.expired', row, { was: row.state }, [
      retired(row, 'expired'),
      ...tellRequester(row, 'Expired'),
    ]);
  const escalated = effects.includes('escalate');
  return approvalEvent(
    escalated ? 'approval.escalated' : 'approval.reminded',
    row,
    escalated ? { to: row.terms.escalateTo } : {},
    [
      reminder(row, escalated),
      dueJob(row.id, nextDue(next)),
      ...(escalated ? tellRequester(row, 'Escalated') : []),
    ],
  );
}
