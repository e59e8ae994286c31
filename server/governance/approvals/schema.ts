import { z } from 'zod';
import { expressionSchema } from '#kernel/approvals/expression.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { factorOptions, factorProof } from '#server/platform/mfa/schema.ts';

export const states = [
  'pending',
  'approved',
  'released',
  'failed',
  'denied',
  'expired',
  'withdrawn',
  'voided',
] as const;
export const decisions = ['approve', 'deny', 'break_glass'] as const;
export type Decision = (typeof decisions)[number];

const why = z.string().trim().min(3, 'Say why, in a few words.').max(500);
export const approvalRef = z.strictObject({ id: z.uuid() });
export const withdrawInput = z.strictObject({ id: z.uuid(), reason: why });

export const requestInput = z.strictObject({
  /** Id of something that waits for an approval, such as a planned execution. */
  exec_id: z.string().trim().min(1).max(100),
  /** Sign-in name of somebody who is to decide. */
  approver: z.string().trim().min(1).max(60),
  reason: why.optional(),
});
export const requested = z.object({
  requestId: z.uuid(),
  exec_id: z.string(),
  approver: z.string(),
  state: z.enum(states),
  digest: z.string(),
  expiresAt: z.string(),
  link: z.string(),
  simulated: z.boolean(),
  /** False: it was requested before. */
  created: z.boolean(),
});

/** Anything in `token` reaches the check, so that a forged one is refused as such. */
export const approveInput = z.looseObject({ token: z.string().max(4096).optional() });

export const prepareInput = z.strictObject({ id: z.uuid(), decision: z.enum(decisions) });
export const prepared = factorOptions.extend({
  challengeId: z.uuid(),
  challenge: z.string(),
  expiresAt: z.string(),
  digest: z.string(),
});
export const decideInput = z.strictObject({
  challengeId: z.uuid(),
  proof: factorProof,
  reason: why.optional(),
});
export type DecideInput = z.output<typeof decideInput>;

const estimate = z.object({ before: z.number(), after: z.number(), margin: z.number().optional() });
export const approvalRow = z.object({
  id: z.uuid(),
  title: z.string(),
  subject: z.string(),
  tenantId: z.string().nullable(),
  state: z.enum(states),
  policyId: z.string(),
  requester: z.string(),
  simulated: z.boolean(),
  breakGlass: z.boolean(),
  global: z.boolean(),
  needs: z.string(),
  given: z.int(),
  mine: z.boolean(),
  createdAt: z.string(),
  expiresAt: z.string(),
  settledAt: z.string().nullable(),
});
export type ApprovalRow = z.output<typeof approvalRow>;

export const decisionRow = z.object({
  decision: z.enum(decisions),
  approver: z.string(),
  onBehalfOf: z.string().nullable(),
  method: z.string(),
  reason: z.string().nullable(),
  token: z.string(),
  at: z.string(),
});

export const approvalDetail = approvalRow.extend({
  procedure: z.string(),
  /** Null when it holds secrets and is kept sealed. */
  input: z.unknown().optional(),
  sealed: z.boolean(),
  scope: z.unknown().optional(),
  digest: z.string(),
  policyVersion: z.int(),
  policyTitle: z.string(),
  factors: z.array(z.enum(['passkey', 'totp'])),
  plan: z.array(z.string()),
  change: z.object({ before: z.unknown().optional(), after: z.unknown().optional() }).nullable(),
  blast: z.string(),
  reason: z.string().nullable(),
  risk: estimate.nullable(),
  cost: z.object({ perDay: z.number(), currency: z.string(), margin: z.number().optional() }).nullable(),
  groups: z.array(z.object({ label: z.string(), need: z.int(), have: z.int() })),
  /** Who could still say yes, by name. */
  couldDecide: z.array(z.string()),
  decisions: z.array(decisionRow),
  releaseBy: z.string().nullable(),
  releasedAt: z.string().nullable(),
  outcome: z.string().nullable(),
  /** Null where this person may decide; otherwise why not. */
  whyNot: z.string().nullable(),
  whyNotBreakGlass: z.string().nullable(),
  own: z.boolean(),
  onBehalfOf: z.string().nullable(),
  review: z
    .object({
      dueAt: z.string(),
      closedAt: z.string().nullable(),
      verdict: z.string().nullable(),
      note: z.string().nullable(),
    })
    .nullable(),
});
export type ApprovalDetail = z.output<typeof approvalDetail>;

export const decided = z.object({ token: z.string(), approval: approvalDetail });
export const signed = z.object({ token: z.string(), expiresAt: z.string() });
export const accepted = z.object({
  requestId: z.uuid(),
  state: z.enum(states),
  decision: z.enum(decisions),
  approver: z.string(),
});

export const listApprovalsInput = listInput(['createdAt', 'expiresAt', 'title'], {
  state: facet(states),
  /** Only what waits for the caller. */
  mine: z.boolean().optional(),
  subject: z.string().max(200).optional(),
  /** What concerns this tenant alone, whatever it is about. */
  tenant: z.string().max(63).optional(),
});
export type ListApprovalsInput = z.output<typeof listApprovalsInput>;
export const listApprovalsOutput = listOutput(approvalRow);
export const waiting = z.object({ count: z.int(), mine: z.int(), open: z.int(), reviews: z.int() });

const minutes = z
  .int()
  .min(1)
  .max(60 * 24 * 30);
export const termsSchema = z
  .strictObject({
    expression: expressionSchema,
    ttlMinutes: minutes,
    remindMinutes: minutes.nullable(),
    escalateMinutes: minutes.nullable(),
    escalateTo: z.array(z.string().trim().min(1).max(60)).max(20),
    factors: z.array(z.enum(['passkey', 'totp'])).min(1, 'At least one factor must be enough.'),
    releaseMinutes: minutes,
    breakGlass: z
      .strictObject({
        users: z.array(z.string().trim().min(1).max(60)).min(1).max(20),
        ttlMinutes: z.int().min(1).max(240),
        reviewHours: z
          .int()
          .min(1)
          .max(24 * 30),
      })
      .nullable(),
  })
  .refine(terms => terms.remindMinutes === null || terms.remindMinutes < terms.ttlMinutes, {
    path: ['remindMinutes'],
    message: 'A reminder after the end reminds nobody.',
  })
  .refine(terms => terms.escalateMinutes === null || terms.escalateMinutes < terms.ttlMinutes, {
    path: ['escalateMinutes'],
    message: 'It would escalate after the end.',
  });
export type Terms = z.output<typeof termsSchema>;
export const policyRow = z.object({
  id: z.string(),
  title: z.string(),
  procedures: z.array(z.string()),
  when: z.string(),
  version: z.int(),
  terms: termsSchema,
  needs: z.string(),
  changedBy: z.string().nullable(),
  changedAt: z.string().nullable(),
});
export type PolicyRow = z.output<typeof policyRow>;
export const policies = z.object({ rows: z.array(policyRow) });
export const updatePolicyInput = z.strictObject({
  id: z.string().min(1).max(100),
  version: z.int().min(1),
  terms: termsSchema,
  reason: why,
});

export const delegateInput = z.strictObject({
  to: z.string().trim().min(1).max(60),
  endsAt: z.iso.datetime(),
  reason: why,
});
export const delegations = z.object({
  rows: z.array(
    z.object({
      id: z.uuid(),
      from: z.string(),
      to: z.string(),
      reason: z.string(),
      startsAt: z.string(),
      endsAt: z.string(),
      revokedAt: z.string().nullable(),
      own: z.boolean(),
    }),
  ),
});

export const reviews = z.object({
  rows: z.array(
    z.object({
      id: z.uuid(),
      requestId: z.uuid(),
      title: z.string(),
      by: z.string(),
      reason: z.string(),
      openedAt: z.string(),
      dueAt: z.string(),
      overdue: z.boolean(),
      whyNot: z.string().nullable(),
    }),
  ),
});
export const reviewInput = z.strictObject({
  id: z.uuid(),
  verdict: z.enum(['justified', 'not_justified']),
  note: why,
});
