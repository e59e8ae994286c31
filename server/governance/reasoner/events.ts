import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const proposalTopic = 'proposals';

const events = declareEvents('proposals', {
  'proposal.made': {
    reads: e =>
      e.said('outcome') === 'ranked'
        ? `${e.who} asked about risk ${e.said('risk')} of ${e.tenant} and was proposed: ${e.said('best')} (confidence ${e.said('confidence')}, on ${e.said('events')} events)`
        : `${e.who} asked about risk ${e.said('risk')} of ${e.tenant}; the evidence was insufficient`,
    outcome: 'noted',
  },
  'proposal.sent': {
    reads: e => `${e.who} sent the proposal “${e.said('title')}” to execution as ${e.said('execution')}`,
    outcome: 'requested',
  },
  'proposal.claimed': {
    reads: e => `${e.who} is sending the proposal “${e.said('title')}” to execution`,
    outcome: 'requested',
    routine: true,
  },
  'proposal.send_refused': {
    reads: e => `The proposal “${e.said('title')}” was not taken for execution`,
    outcome: 'refused',
  },
  'proposal.enriched': {
    reads: e => `A language model (${e.said('model')}) added text to the decision ${e.id}`,
    outcome: 'noted',
  },
  'proposal.enrichment_refused': {
    reads: e => `What a language model wrote about the decision ${e.id} was not taken`,
    outcome: 'refused',
  },
  'proposal.realised': {
    reads: e =>
      `What became of a proposal was measured: ${e.said('predicted')} points were predicted, ${e.said('realised')} were realised`,
    outcome: 'noted',
  },
  'context.created': { reads: e => `${e.who} made the context ${e.what} for proposals about ${e.tenant}` },
});

export const proposalEvent = (
  type: keyof typeof events,
  of: { kind: 'decision' | 'proposal' | 'context'; id: string; tenantId: string },
  detail: { [key: string]: Json },
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: of.kind, id: of.id },
  tenantId: of.tenantId,
  detail,
  topics: [{ topic: proposalTopic, key: of.id }],
  ...(jobs.length > 0 ? { jobs } : {}),
});
