import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchReview, notYourReview } from '../errors.ts';
import { approvalEvent } from '../events.ts';
import { closeReview, type ReviewRow, selectOpenReviews } from '../store/decisions.ts';
import { selectVoters } from '../store/people.ts';

const partOf = (ctx: ReadContext, row: ReviewRow): boolean =>
  row.userId === ctx.principal.id ||
  (row.requesterKind === ctx.principal.kind && row.requesterId === ctx.principal.id);

export async function listReviews(ctx: ReadContext) {
  const [rows, voters] = await Promise.all([selectOpenReviews(ctx.db), selectVoters(ctx.db)]);
  const names = new Map(voters.map(voter => [voter.id, voter.name]));
  const now = ctx.clock.now().getTime();
  return {
    rows: rows.map(row => ({
      id: row.id,
      requestId: row.requestId,
      title: row.title,
      by: names.get(row.userId) ?? row.userId,
      reason: row.reason,
      openedAt: row.openedAt,
      dueAt: row.dueAt,
      overdue: Date.parse(row.dueAt) <= now,
      whyNot: partOf(ctx, row) ? notYourReview().message : null,
    })),
  };
}

/** Somebody without a part in it looks at what was done alone; until then the next use is blocked. */
export async function closeOpenReview(
  ctx: CommandContext,
  input: { id: string; verdict: 'justified' | 'not_justified'; note: string },
) {
  const row = (await selectOpenReviews(ctx.db)).find(review => review.id === input.id);
  if (!row) throw noSuchReview(input.id);
  if (partOf(ctx, row)) throw notYourReview();
  await ctx.commit(
    approvalEvent('approval.reviewed', { id: row.requestId }, { verdict: input.verdict, note: input.note }),
    async tx => {
      const { id, verdict, note } = input;
      if (!(await closeReview(tx, id, ctx.principal.id, verdict, note, ctx.clock.now())))
        throw noSuchReview(input.id);
    },
  );
  return listReviews(ctx);
}
