import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { badDelegation, noSuchDelegation } from '../errors.ts';
import { approvalEvent } from '../events.ts';
import { insertDelegation, revokeDelegation, selectDelegations, selectVoters } from '../store/people.ts';

const longestMs = 30 * 86_400_000;

export async function listDelegations(ctx: ReadContext) {
  const [rows, voters] = await Promise.all([selectDelegations(ctx.db), selectVoters(ctx.db)]);
  const names = new Map(voters.map(voter => [voter.id, voter.name]));
  return {
    rows: rows.map(({ fromUser, toUser, ...row }) => ({
      ...row,
      from: names.get(fromUser) ?? fromUser,
      to: names.get(toUser) ?? toUser,
      own: fromUser === ctx.principal.id,
    })),
  };
}

/** Somebody else may decide with my authority, until a stated moment; theirs cannot be passed on. */
export async function delegate(ctx: CommandContext, input: { to: string; endsAt: string; reason: string }) {
  const now = ctx.clock.now();
  const endsAt = new Date(input.endsAt);
  const span = endsAt.getTime() - now.getTime();
  if (span <= 0) throw badDelegation('The end has to lie ahead.', 'endsAt');
  if (span > longestMs) throw badDelegation('At most 30 days at a time.', 'endsAt');
  const wanted = input.to.toLowerCase();
  const to = (await selectVoters(ctx.db)).find(voter => voter.name === wanted && voter.active);
  if (!to) throw badDelegation(`Nobody active is called "${input.to}".`, 'to');
  if (to.id === ctx.principal.id) throw badDelegation('That is you.', 'to');
  const id = uuidv7(now.getTime());
  await ctx.commit(
    approvalEvent(
      'approval.delegated',
      { id },
      { to: to.id, endsAt: endsAt.toISOString(), reason: input.reason },
      [],
      'delegation',
    ),
    tx =>
      insertDelegation(tx, {
        id,
        fromUser: ctx.principal.id,
        toUser: to.id,
        reason: input.reason,
        startsAt: now,
        endsAt,
      }),
  );
  return listDelegations(ctx);
}

export async function endDelegation(ctx: CommandContext, id: string) {
  await ctx.commit(approvalEvent('approval.delegation_revoked', { id }, {}, [], 'delegation'), async tx => {
    if (!(await revokeDelegation(tx, id, ctx.principal.id, ctx.clock.now()))) throw noSuchDelegation(id);
  });
  return listDelegations(ctx);
}
