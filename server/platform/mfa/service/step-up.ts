import { randomBytes } from 'node:crypto';
import { takeToken } from '#kernel/http/rate-limit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { mfaEvent } from '../events.ts';
import { type IssuedOptions, proofOfCode, type StepUpInput } from '../schema.ts';
import { markMfa } from '../store/devices.ts';
import { issueOptions, spendChallenge } from './challenges.ts';
import { personOf } from './person.ts';
import { proveFactor } from './prove.ts';

export async function askStepUp(ctx: CommandContext): Promise<IssuedOptions> {
  const { userId } = personOf(ctx);
  ctx.unchanged();
  return issueOptions(ctx, userId, 'step_up');
}

/** Anonymous: a passkey says whose it is. Bounded by the address that asks. */
export async function askSignIn(ctx: CommandContext): Promise<IssuedOptions> {
  const { database, clock, request } = ctx;
  const bucket = { capacity: 30, perSecond: 0.5 };
  await takeToken(database, `ask-sign-in:${request.ip.slice(0, 64)}`, bucket, clock.now());
  ctx.unchanged();
  return issueOptions(ctx, null, 'sign_in');
}

/** Confirms this session with a second factor; sensitive commands ask how long ago that was. */
export async function stepUp(ctx: CommandContext, input: StepUpInput) {
  const { userId, sessionId } = personOf(ctx);
  const { method } =
    'code' in input
      ? await proveFactor(ctx, userId, { challenge: randomBytes(32) }, proofOfCode(input.code))
      : await proveFactor(
          ctx,
          userId,
          { challenge: await spendChallenge(ctx, input.challengeId, userId, 'step_up') },
          { kind: 'passkey', response: input.response },
        );
  const now = ctx.clock.now();
  await ctx.commit(mfaEvent('mfa.stepped_up', userId, { method }), tx => markMfa(tx, sessionId, now));
  return { at: now.toISOString(), method };
}
