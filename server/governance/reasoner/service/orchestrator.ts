import type { ActionName, ActionPlan } from '#kernel/actions/plan.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import type { PastOutcome } from '../rules/evidence.ts';

const away = () =>
  new DomainError('unavailable', 'proposal.orchestrator', 'The action orchestrator is not there.');

export interface PlanAssessment {
  tier: 'low' | 'medium' | 'high' | 'critical';
  effect: 'allow' | 'approve' | 'deny';
  needsApproval: boolean;
  reversible: boolean;
  blast: { share: number; words: string };
  reasons: string[];
}

export const servicesOf = async (_ctx: ReadContext, _tenantId: string): Promise<string[]> => {
  throw away();
};
export const assess = async (_ctx: ReadContext, _plan: ActionPlan): Promise<PlanAssessment | null> => {
  throw away();
};
export const outcomesOf = async (
  _ctx: ReadContext,
  _action: ActionName,
  _service: string,
): Promise<PastOutcome[]> => {
  throw away();
};
export const requestRun = async (
  _ctx: CommandContext,
  _ask: { plan: ActionPlan; dryRun?: boolean; proposalId: string; evidence: string[] },
): Promise<{ execId: string; state: string }> => {
  throw away();
};
export const endedRun = async (
  _ctx: ReadContext,
  _execId: string,
): Promise<{ ended: string; at: string; changed: boolean } | null> => {
  throw away();
};
