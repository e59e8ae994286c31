import { conflict, DomainError, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchTenant = (id: string) => notFound('tenant', id);
export const noSuchContext = (id: string) => notFound('context', id);
export const noSuchRisk = (id: string) => notFound('risk', id);
export const noSuchDecision = (id: string) => notFound('decision', id);
export const noSuchProposal = (id: string) => notFound('proposal', id);

export const alreadySent = (execId: string) =>
  conflict(
    'proposal.sent',
    execId
      ? `This proposal was sent to execution before, as ${execId}. Ask for a new one.`
      : 'This proposal is being sent to execution already. Look again in a moment.',
    {
      execId,
    },
  );

export const tooOld = (minutes: number) =>
  conflict(
    'proposal.stale',
    `This proposal is older than ${minutes} minutes, and what it was founded on may have changed. Ask for a new one.`,
  );

export const deniedByPolicy = (reasons: readonly string[]) =>
  new DomainError(
    'denied',
    'proposal.denied',
    `The policies in force deny this action: ${reasons.join(' ') || 'no reason given.'}`,
  );

export const contextTaken = (id: string) =>
  conflict(
    'context.taken',
    `The tenant has a context "${id}" already; a context is never changed. Choose another id.`,
  );
