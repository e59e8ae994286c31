import { runReleased } from '#kernel/approvals/port.ts';
import { requesterNow } from '#kernel/auth/requester.ts';
import { env } from '#kernel/env/env.ts';
import type { DomainError } from '#kernel/errors/domain-error.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { unseal } from '#kernel/signing/seal.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import { noSuchApproval, refused, whyNotInWords } from '../errors.ts';
import { approvalEvent } from '../events.ts';
import { type Order, step } from '../rules/machine.ts';
import { selectVoters } from '../store/people.ts';
import {
  approvalEntries,
  findRequest,
  lockRequest,
  noteOutcome,
  type RequestRow,
  saveCase,
  selectUnreleased,
} from '../store/requests.ts';
import { caseOf } from './case.ts';
import { expireOverdue } from './due.ts';
import { retired, tellRequester } from './messages.ts';

/**
 * Runs an approved command as whoever asked, with what they may do now. Safe to call any number of times, from any
 * number of workers: the approval is spent in the transaction of the effect, and this only looks at what is left to do.
 */
export async function releaseApproval(ctx: CommandContext, id: string): Promise<void> {
  await expireOverdue(ctx, id);
  const row = await findRequest(ctx.db, id);
  if (row?.state === 'released' && row.outcome === null) return note(ctx, row, 'It ran');
  if (row?.state !== 'approved') return;
  const stands = step(
    caseOf(row),
    { do: 'check', digest: row.digest, known: await selectVoters(ctx.db) },
    ctx.clock.now().getTime(),
  );
  if (!stands.ok) return settle(ctx, row, { do: 'void' }, whyNotInWords(stands.why));
  const principal = await requesterNow(ctx, row.requesterKind, row.requesterId);
  if (!principal)
    return settle(ctx, row, { do: 'fail' }, 'Whoever asked may not act any more, so nothing was run');
  let mine = false;
  const ran = () => {
    mine = true;
  };
  const error = await runReleased({
    procedure: row.procedure,
    input: inputOf(row),
    principal,
    database: ctx.database,
    clock: ctx.clock,
    release: { requestId: row.id, digest: row.digest, ran },
    causedBy: await approvalEntries(ctx.db, row.id),
  }).then(
    () => null,
    (failure: unknown) => failure ?? new Error('It failed without saying why.'),
  );
  const after = await findRequest(ctx.db, id);
  if (after?.state === 'released')
    return note(
      ctx,
      after,
      // Another worker's run did it: this one found nothing left to do, and what it says of that is not what happened.
      error === null || !mine ? 'It ran' : `It ran, then said: ${wordsOf(error)}`,
    );
  if (after?.state !== 'approved') return;
  const known = error === null ? null : asDomainError(error);
  if (error !== null && (!known || passing(known))) throw error;
  if (known?.code === 'approval.changed') return settle(ctx, after, { do: 'void' }, known.message);
  return settle(ctx, after, { do: 'fail' }, known?.message ?? 'There was nothing to change any more');
}

/** What a lost job left behind. */
export async function releaseLeftOvers(ctx: CommandContext): Promise<void> {
  for (const { id } of await selectUnreleased(ctx.db)) await releaseApproval(ctx, id);
}

/** Worth another try: nothing about the command itself is wrong. */
const passing = (error: DomainError): boolean =>
  (error.kind === 'unavailable' && !error.code.startsWith('approval.')) || error.kind === 'rate_limited';

const wordsOf = (error: unknown): string => asDomainError(error)?.message ?? 'an unexpected error';

function inputOf(row: RequestRow): Json {
  if (row.sealedInput === null) return row.input as Json;
  return JSON.parse(unseal(env().secret('seal'), row.sealedInput, `approval:${row.id}`).toString()) as Json;
}

/** The effect and its own entry are there already; this says to people that it happened. */
async function note(ctx: CommandContext, row: RequestRow, outcome: string): Promise<void> {
  await ctx
    .commit(
      approvalEvent('approval.released', row, { procedure: row.procedure, digest: row.digest, outcome }, [
        ...tellRequester(row, 'Released'),
      ]),
      async tx => {
        if (!(await noteOutcome(tx, row.id, outcome, ctx.clock.now()))) throw new NotedAlready();
      },
    )
    .catch(error => {
      if (!(error instanceof NotedAlready)) throw error;
    });
}

class NotedAlready extends Error {}

/** Ends an open request for a reason of the console's own. */
export async function settle(
  ctx: CommandContext,
  { id }: { id: string },
  order: Extract<Order, { do: 'void' | 'fail' | 'withdraw' }>,
  outcome: string,
): Promise<void> {
  const type = { void: 'approval.voided', fail: 'approval.failed', withdraw: 'approval.withdrawn' } as const;
  const said = { void: 'Void', fail: 'Failed', withdraw: 'Withdrawn' }[order.do];
  await ctx.commit(
    (row: RequestRow) =>
      approvalEvent(type[order.do], row, { outcome }, [
        retired(row, order.do === 'withdraw' ? 'withdrawn' : 'decided'),
        ...(order.do === 'withdraw' ? [] : tellRequester(row, said)),
      ]),
    async tx => {
      const row = await lockRequest(tx, id);
      if (!row) throw noSuchApproval(id);
      const result = step(caseOf(row), order, ctx.clock.now().getTime());
      if (!result.ok) throw refused(result.why);
      await saveCase(tx, id, row.state, result.next, outcome);
      return row;
    },
  );
}
