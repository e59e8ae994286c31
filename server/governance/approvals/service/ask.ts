import { applies } from '#kernel/approvals/policy.ts';
import type { ApprovalQuestion, StoredCall } from '#kernel/approvals/port.ts';
import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import { findSubject } from '#kernel/approvals/subjects.ts';
import type { ReadDb } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { seal } from '#kernel/signing/seal.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchApprover, noSuchSubject, notNeeded, refused } from '../errors.ts';
import { approvalEvent, dueJob } from '../events.ts';
import { digestOf } from '../rules/digest.ts';
import { concerns, type Voter } from '../rules/quorum.ts';
import { selectVoters, tokenMaker } from '../store/people.ts';
import {
  findOpen,
  findOpenByDigest,
  findRequest,
  insertRequest,
  type NewRequest,
} from '../store/requests.ts';
import { askMessage } from './messages.ts';
import { type InForce, termsInForce } from './terms.ts';

/** Policies and people are the installation's, also where a tenant's own service asks. */
export const reader = (ctx: Pick<ReadContext, 'database' | 'clock'>): ReadDb =>
  systemContext('approvals', ctx.database, ctx.clock).db;

/** The kernel's question, answered. */
export async function requireApproval(
  ctx: CommandContext,
  call: StoredCall,
  policyId: string,
  question: ApprovalQuestion,
): Promise<ApprovalRequired | null> {
  const inForce = await termsInForce(reader(ctx), policyId);
  const digest = boundBy(call, question, inForce);
  if (ctx.release) {
    if (ctx.release.digest !== digest) throw refused('changed');
    return null;
  }
  if (!applies(inForce.policy, question.facts)) return null;
  const { id } = await open(ctx, call, question, inForce, digest, []);
  return { status: 'approval_required', requestId: id };
}

const boundBy = (call: StoredCall, question: ApprovalQuestion, { policy, version }: InForce) =>
  digestOf({ ...call, scope: question.scope ?? {}, policy: { id: policy.id, version } });

async function open(
  ctx: CommandContext,
  call: StoredCall,
  question: ApprovalQuestion,
  { policy, version, terms }: InForce,
  digest: string,
  asked: string[],
): Promise<{ id: string; created: boolean }> {
  const now = ctx.clock.now();
  const { principal } = ctx;
  const openKey = `${digest}:${principal.kind}:${principal.id}`;
  const after = (minutes: number | null) =>
    minutes === null ? null : new Date(now.getTime() + minutes * 60_000);
  const id = uuidv7(now.getTime());
  const { plan, blast, change, risk, cost, reason } = question;
  const expiresAt = new Date(now.getTime() + terms.ttlMinutes * 60_000);
  const row: NewRequest = {
    id,
    policyId: policy.id,
    policyVersion: version,
    terms,
    procedure: call.procedure,
    input: call.input,
    sealedInput: question.sealed
      ? seal(env().secret('seal'), canonicalBytes(call.input), `approval:${id}`)
      : null,
    scope: question.scope ?? {},
    digest,
    tenantId: question.scope?.tenantId ?? null,
    subject: `${question.subject.kind}:${question.subject.id}`,
    title: question.title,
    shown: {
      plan,
      blast,
      ...(reason ? { reason } : {}),
      ...(change ? { change } : {}),
      ...(risk ? { risk } : {}),
      ...(cost ? { cost } : {}),
    },
    requesterKind: principal.kind,
    requesterId: principal.id,
    requesterName: principal.name,
    excluded: [principal.id, ...(await behind(ctx)), ...(question.involved ?? [])],
    asked,
    simulated: principal.kind === 'simulation' || question.simulated === true,
    createdAt: now,
    expiresAt,
    remindAt: after(terms.remindMinutes),
    escalateAt: after(terms.escalateMinutes),
    open: openKey,
  };
  const known = await findOpen(ctx.db, openKey);
  if (!known) {
    const due = [row.remindAt, row.escalateAt, expiresAt].filter(at => at !== null);
    const told = { ...row, expiresAt: expiresAt.toISOString() };
    const event = approvalEvent(
      'approval.requested',
      row,
      {
        policy: policy.id,
        version,
        digest,
        procedure: call.procedure,
        subject: row.subject,
        title: row.title,
      },
      [askMessage(told), dueJob(id, new Date(Math.min(...due.map(Number))))],
    );
    const created = await ctx
      .commit(
        event,
        async tx => {
          if (!(await insertRequest(tx, row))) throw new AlreadyOpen();
          return true;
        },
        { asks: true },
      )
      .catch(error => {
        if (error instanceof AlreadyOpen) return false;
        throw error;
      });
    if (created) return { id, created };
  }
  ctx.unchanged();
  const before = known ?? (await findOpen(ctx.db, openKey));
  if (!before) throw refused('settled');
  return { id: before.id, created: false };
}

/** Thrown inside the transaction to leave it without an entry; never seen outside. */
class AlreadyOpen extends Error {}

async function behind(ctx: CommandContext): Promise<string[]> {
  if (ctx.principal.kind !== 'token') return [];
  const maker = await tokenMaker(reader(ctx), ctx.principal.id);
  return maker ? [maker.name] : [];
}

/** Asks for an approval by the id of what waits for it; somebody is named who is to decide. */
export async function requestBySubject(
  ctx: CommandContext,
  input: { exec_id: string; approver: string; reason?: string | undefined },
) {
  const subject = await findSubject(ctx, input.exec_id);
  if (!subject) throw noSuchSubject(input.exec_id);
  const question = { ...subject.question, ...(input.reason ? { reason: input.reason } : {}) };
  const inForce = await termsInForce(reader(ctx), subject.policy);
  if (!applies(inForce.policy, question.facts)) throw notNeeded();
  const approver = await nameable(ctx, input.approver, inForce);
  const digest = boundBy(subject.call, question, inForce);
  const before = await findOpenByDigest(ctx.db, digest);
  if (before) ctx.unchanged();
  const { id, created } = before
    ? { id: before.id, created: false }
    : await open(ctx, subject.call, question, inForce, digest, [approver.id]);
  const row = await findRequest(ctx.ownWrites(), id);
  if (!row) throw refused('settled');
  return {
    requestId: id,
    exec_id: input.exec_id,
    approver: approver.name,
    state: row.state,
    digest,
    expiresAt: row.expiresAt,
    link: `${env().publicUrl}/approvals/${id}`,
    simulated: row.simulated,
    created,
  };
}

async function nameable(ctx: CommandContext, name: string, { terms }: InForce): Promise<Voter> {
  const wanted = name.trim().toLowerCase();
  const found = (await selectVoters(reader(ctx))).find(voter => voter.name === wanted || voter.id === wanted);
  if (!found || found.id === ctx.principal.id || !concerns(terms.expression, found))
    throw noSuchApprover(name);
  return found;
}
