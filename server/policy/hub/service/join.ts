import { env } from '#kernel/env/env.ts';
import { isProduction } from '#kernel/env/production.ts';
import { invalid } from '#kernel/errors/domain-error.ts';
import { checkpointSigners, currentOrigin } from '#kernel/ledger/origin.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { joinRequest } from '#server/policy/relay/schema.ts';
import { answerProof } from '#server/policy/relay/service/enrol.ts';
import { joinRelay } from '#server/policy/relay/service/registry.ts';
import { lastEntry } from '../store/log.ts';
import { consoleSigning } from './console-signing.ts';

/** A relay's join, whoever carries it. In production a person admits it; elsewhere token and key are enough. */
export async function acceptJoin(ctx: CommandContext, body: unknown, token: string) {
  const parsed = joinRequest.safeParse(body);
  if (!parsed.success)
    throw invalid(
      'relay.join',
      parsed.error.issues[0]?.message ?? 'The join cannot be read.',
      parsed.error.issues.map(issue => ({ field: issue.path.join('.'), message: issue.message })),
    );
  const joined = await joinRelay(
    ctx,
    { ...parsed.data, token },
    { admit: !isProduction(), simulated: env().simulation },
  );
  const signing = consoleSigning(ctx.database, ctx.clock);
  // In this order: an entry between the two is applied, which does no harm; one left out would be.
  const keysFrom = (await lastEntry(ctx.db))?.seq ?? 0;
  const keys = await signing.keys();
  const { hub } = signing;
  const ledger = await ledgerToWitness(ctx);
  return {
    hub,
    state: joined.state,
    keys,
    keysFrom,
    ledger,
    proof: answerProof(token, { hub, keys, keysFrom, ledger, id: joined.id }),
  };
}

/** The ledger as its relays witness it: its name, and the keys that sign its checkpoints. */
async function ledgerToWitness(ctx: CommandContext) {
  const { name } = await currentOrigin(ctx.database.pool('atom_app'));
  const signers = await checkpointSigners(ctx.database, ctx.clock, name);
  return { origin: name, vkeys: signers.map(signer => signer.vkey) };
}
