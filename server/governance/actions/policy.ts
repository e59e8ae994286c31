import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'action:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'tenant', 'simulation'],
  'action:execute': ['admin', 'operator', 'service', 'simulation'],
  /** Stops things; it starts nothing, so whoever operates may. */
  'action:stop': ['admin', 'operator', 'approver'],
  'action:guard': ['admin'],
});

export const approvalPolicies = {
  medium: 'action.medium',
  high: 'action.high',
  global: 'action.global',
} as const;

const procedures = ['actions.run', 'actions.rollback'] as const;

declareApprovalPolicy({
  id: approvalPolicies.medium,
  title: 'Run an action that an autonomy policy leaves to people',
  procedures,
  when: { needed: [true] },
  asked: 'Where an autonomy policy asks for an approval of an action of low or medium risk',
  terms: oneApprover,
});
declareApprovalPolicy({
  id: approvalPolicies.high,
  title: 'Run an action of high risk',
  procedures,
  when: { needed: [true] },
  asked: 'For scaling by more than three, key rotation, failover, draining, and what touches several tenants',
  terms: { ...oneApprover, releaseMinutes: 30 },
});
declareApprovalPolicy({
  id: approvalPolicies.global,
  title: 'Run an action that concerns everybody',
  procedures,
  when: { needed: [true] },
  asked: 'For what touches a region or more of all targets than an autonomy policy leaves free: two people',
  terms: { ...oneApprover, releaseMinutes: 30 },
});
