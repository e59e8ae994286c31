import type { Json } from '../ledger/event.ts';
import type { Expression } from './expression.ts';

/** Second factors that are enough to decide. */
export const decisionFactors = ['passkey', 'totp'] as const;
export type DecisionFactor = (typeof decisionFactors)[number];

export interface ApprovalTerms {
  expression: Expression;
  ttlMinutes: number;
  /** After how many minutes those who can decide are reminded; null = never. */
  remindMinutes: number | null;
  escalateMinutes: number | null;
  /** Roles or user names that are told when it escalates. */
  escalateTo: string[];
  factors: DecisionFactor[];
  /** How long an approval may wait for its release. */
  releaseMinutes: number;
  /** Who may act alone in an emergency; null = nobody. */
  breakGlass: { users: string[]; ttlMinutes: number; reviewHours: number } | null;
}

export interface ApprovalPolicyDeclaration {
  /** `noun.what`; what `command({risk})` and `ctx.requireApproval` name. */
  id: `${string}.${string}`;
  title: string;
  /** Which commands ask it. */
  procedures: readonly string[];
  /** Asked only where the question's facts have these values; an array fact must contain one of them. */
  when: { [fact: string]: readonly Json[] };
  /** The same for people to read. */
  asked: string;
  /** In force until somebody edits it. */
  terms: ApprovalTerms;
}

/** Where nobody said more: one approver, within a day. */
export const oneApprover: ApprovalTerms = {
  expression: { role: 'approver', count: 1 },
  ttlMinutes: 24 * 60,
  remindMinutes: 4 * 60,
  escalateMinutes: 12 * 60,
  escalateTo: ['admin'],
  factors: ['passkey', 'totp'],
  releaseMinutes: 60,
  breakGlass: null,
};

const declared = new Map<string, ApprovalPolicyDeclaration>();

/** Each system declares in its `policy.ts` what needs approval; the terms are data from then on. */
export function declareApprovalPolicy(policy: ApprovalPolicyDeclaration): void {
  declared.set(policy.id, policy);
}

export const approvalPolicies = (): ApprovalPolicyDeclaration[] =>
  [...declared.values()].sort((a, b) => a.id.localeCompare(b.id));

export function approvalPolicy(id: string): ApprovalPolicyDeclaration {
  const found = declared.get(id);
  if (!found) throw new Error(`Approval policy ${id} is not declared by any system.`);
  return found;
}

export function applies(policy: ApprovalPolicyDeclaration, facts: { [key: string]: Json }): boolean {
  return Object.entries(policy.when).every(([fact, wanted]) => {
    const given = facts[fact];
    return Array.isArray(given)
      ? given.some(value => wanted.includes(value))
      : given !== undefined && wanted.includes(given);
  });
}

/** Requests outlive the policies they were made under. */
export const approvalPolicyTitle = (id: string): string => declared.get(id)?.title ?? id;
