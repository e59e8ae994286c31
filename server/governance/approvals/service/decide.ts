import { randomBytes } from 'node:crypto';
import type { Tx } from '#kernel/db/database.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { JobRequest } from '#kernel/ledger/event.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { passkeyOptions } from '#server/platform/mfa/service/challenges.ts';
import { proveFactor } from '#server/platform/mfa/service/prove.ts';
import { signingKey } from '#server/platform/tokens/service.ts';
import { challengeGone, noSuchApproval, reasonNeeded, refused, tokenReplayed } from '../errors.ts';
import { approvalEvent, dueJob, releaseJob } from '../events.ts';
import { challengeOf } from '../rules/digest.ts';
import { type Case, mayNot, type Order, type Step, step } from '../rules/machine.ts';
import type { Voter } from '../rules/quorum.ts';
import type { DecideInput, Decision } from '../schema.ts';
import {
  findChallenge,
  insertChallenge,
  insertDecision,
  insertReview,
  pruneChallenges,
  reviewOwed,
  spendChallenge,
  tokenSpent,
} from '../store/decisions.ts';
import { delegatorsNow, votersNow } from '../store/people.ts';
import { findRequest, lockRequest, type RequestRow, saveCase } from '../store/requests.ts';
import { caseOf, idsIn } from './case.ts';
import { expireOverdue } from './due.ts';
import { glassMessage, retired, tellRequester } from './messages.ts';
import { readApproval } from './read.ts';
import { readDecision, type SaidDecision, signDecision } from './token.ts';

const challengeMs = 3 * 60_000;

interface Prepared {
  challenge: Buffer;
  row: RequestRow;
}

/** What this person's factor is to sign. Refused here already where the answer could not count. */
export async function prepareDecision(ctx: CommandContext, input: { id: string; decision: Decision }) {
  await expireOverdue(ctx, input.id);
  const now = ctx.clock.now();
  const { id: userId } = ctx.principal;
  const expiresAt = new Date(now.getTime() + challengeMs);
  const id = uuidv7(now.getTime());
  const made = await ctx.commit(
    (prepared: Prepared) => approvalEvent('approval.prepared', prepared.row, { decision: input.decision }),
    async tx => {
      const row = await lockRequest(tx, input.id);
      if (!row) throw noSuchApproval(input.id);
      await taken(tx, row, input.decision, userId, now);
      const challenge = challengeOf(row.digest, input.decision, randomBytes(16), expiresAt);
      await pruneChallenges(tx, new Date(now.getTime() - 3600_000));
      await insertChallenge(tx, {
        id,
        requestId: row.id,
        userId,
        decision: input.decision,
        challenge,
        expiresAt,
      });
      return { challenge, row };
    },
  );
  const options = await passkeyOptions(ctx, userId, made.challenge);
  const { factors } = made.row.terms;
  return {
    ...options,
    passkey: factors.includes('passkey') ? options.passkey : null,
    methods: options.methods.filter(method => factors.some(factor => factor === method)),
    challengeId: id,
    challenge: made.challenge.toString('base64url'),
    expiresAt: expiresAt.toISOString(),
    digest: made.row.digest,
  };
}

/** The factor is given for this one decision about this one digest; then it is counted. */
export async function decide(ctx: CommandContext, input: DecideInput) {
  const given = await proved(ctx, input);
  const { said, token, keyId } = given;
  await count(ctx, said, { token, keyId, challengeId: input.challengeId });
  return { token, approval: await readApproval(ctx, said.requestId) };
}

/** Only signs: the token is handed in elsewhere, once, before it expires. */
export async function signOnly(ctx: CommandContext, input: DecideInput) {
  const { said, token } = await proved(ctx, input);
  await ctx.commit(
    approvalEvent(
      'approval.signed',
      { id: said.requestId },
      { decision: said.decision, token: said.tokenId },
    ),
    async tx => {
      if (!(await spendChallenge(tx, input.challengeId, ctx.clock.now()))) throw challengeGone();
    },
  );
  return { token, expiresAt: said.expiresAt.toISOString() };
}

/** Whoever carries the token: what counts is who signed it, and what that person may still do now. */
export async function approveByToken(ctx: CommandContext, token: string | undefined) {
  const said = await readDecision(ctx, token);
  const as = { kind: 'user' as const, id: said.approverId, name: said.approver, holders: [] };
  const own = systemContext('approvals.approve', ctx.database, ctx.clock, as);
  await expireOverdue(own, said.requestId);
  const next = await count(own, said, { token: token ?? '', keyId: said.keyId });
  ctx.unchanged();
  return {
    requestId: said.requestId,
    state: next.state,
    decision: said.decision,
    approver: said.approver,
  };
}

async function proved(ctx: CommandContext, input: DecideInput) {
  const now = ctx.clock.now();
  const { id: userId, name } = ctx.principal;
  const asked = await findChallenge(ctx.db, input.challengeId, userId);
  if (!asked || asked.spentAt || Date.parse(asked.expiresAt) <= now.getTime()) throw challengeGone();
  await expireOverdue(ctx, asked.requestId);
  const row = await findRequest(ctx.db, asked.requestId);
  if (!row) throw noSuchApproval(asked.requestId);
  if (asked.decision !== 'approve' && !input.reason) throw reasonNeeded();
  // Before the factor is spent: a request that is settled takes no answer.
  if (row.state !== 'pending') throw refused(row.state === 'expired' ? 'expired' : 'settled');
  const { method } = await proveFactor(
    ctx,
    userId,
    { challenge: asked.challenge, enough: row.terms.factors },
    input.proof,
  );
  const key = await signingKey(ctx);
  const said: SaidDecision = {
    tokenId: asked.id,
    requestId: row.id,
    digest: row.digest,
    decision: asked.decision,
    approverId: userId,
    approver: name,
    method,
    reason: input.reason ?? null,
    expiresAt: new Date(Math.min(Date.parse(row.expiresAt), now.getTime() + 10 * 60_000)),
  };
  return { said, token: await signDecision(key, said, now), keyId: key.id };
}

interface Counted {
  row: RequestRow;
  next: Case;
  authority: Voter;
}

interface Carried {
  token: string;
  keyId: string;
  challengeId?: string;
}

async function count(ctx: CommandContext, said: SaidDecision, carried: Carried): Promise<Case> {
  const now = ctx.clock.now();
  const done = await ctx.commit(
    (result: Counted) => eventOf(result, said),
    async tx => {
      const row = await lockRequest(tx, said.requestId);
      if (!row) throw noSuchApproval(said.requestId);
      if (await tokenSpent(tx, said.tokenId)) throw tokenReplayed();
      if (row.digest !== said.digest) throw refused('changed');
      if (carried.challengeId && !(await spendChallenge(tx, carried.challengeId, now))) throw challengeGone();
      const { next, authority } = await taken(tx, row, said.decision, said.approverId, now);
      await insertDecision(tx, {
        id: uuidv7(now.getTime()),
        requestId: row.id,
        decision: said.decision,
        approverId: said.approverId,
        authorityId: authority.id,
        method: said.method,
        reason: said.reason,
        token: carried.token,
        tokenId: said.tokenId,
        keyId: carried.keyId,
        at: now,
      });
      if (said.decision === 'break_glass' && row.terms.breakGlass)
        await insertReview(tx, {
          id: uuidv7(now.getTime()),
          requestId: row.id,
          policyId: row.policyId,
          userId: said.approverId,
          reason: said.reason ?? '',
          openedAt: now,
          dueAt: new Date(now.getTime() + row.terms.breakGlass.reviewHours * 3600_000),
        });
      await saveCase(tx, row.id, row.state, next, next.state === 'denied' ? said.reason : null);
      return { row, next, authority };
    },
  );
  return done.next;
}

/** The rule's answer for this person at this moment, by what the database says about them within the transaction. */
async function taken(
  tx: Tx,
  row: RequestRow,
  decision: Decision,
  userId: string,
  now: Date,
): Promise<{ next: Case; authority: Voter }> {
  const current = caseOf(row);
  const delegators = await delegatorsNow(tx, userId, now);
  const known = await votersNow(tx, [userId, ...delegators, ...idsIn(row)]);
  const approver = known.find(voter => voter.id === userId);
  if (!approver) throw refused('not_eligible');
  const authority = authorityFor(current, approver, known, delegators);
  const order: Order =
    decision === 'break_glass'
      ? {
          do: 'break_glass',
          by: approver,
          named: row.terms.breakGlass?.users ?? [],
          ttlMs: (row.terms.breakGlass?.ttlMinutes ?? 0) * 60_000,
          reviewOwed: await reviewOwed(tx, userId, row.policyId),
        }
      : decision === 'approve'
        ? { do: 'approve', approver, authority, known }
        : { do: 'deny', approver, authority };
  const result: Step = step(current, order, now.getTime());
  if (!result.ok) throw refused(result.why);
  return { next: result.next, authority };
}

/** A person's own roles first; else the first of those who delegated to them and may decide this. */
export function authorityFor(
  current: Case,
  approver: Voter,
  known: readonly Voter[],
  delegators: readonly string[],
): Voter {
  if (mayNot(current, approver, approver) !== 'not_eligible') return approver;
  return (
    known.find(voter => delegators.includes(voter.id) && mayNot(current, approver, voter) === null) ??
    approver
  );
}

function eventOf({ row, next, authority }: Counted, said: SaidDecision) {
  const detail = {
    decision: said.decision,
    method: said.method,
    digest: row.digest,
    token: said.tokenId,
    ...(authority.id === said.approverId ? {} : { onBehalfOf: authority.id }),
    given: next.approvals.length,
  };
  if (said.decision === 'deny')
    return approvalEvent('approval.denied', row, detail, [
      retired(row, 'decided'),
      ...tellRequester(row, 'Denied'),
    ]);
  if (next.state !== 'approved')
    return approvalEvent('approval.counted', row, detail, tellRequester(row, 'One more agreed'));
  const jobs: JobRequest[] = [
    releaseJob(row.id),
    ...(next.releaseBy === null ? [] : [dueJob(row.id, new Date(next.releaseBy))]),
    retired(row, 'decided'),
    ...tellRequester(row, 'Approved'),
  ];
  return said.decision === 'break_glass'
    ? approvalEvent('approval.glass_broken', row, detail, [...jobs, glassMessage(row)])
    : approvalEvent('approval.approved', row, detail, jobs);
}
