import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './events.ts';
import './policy.ts';
import {
  contextInput,
  contextRow,
  contexts,
  decisionDetail,
  decisionRef,
  dispatched,
  executeInput,
  history,
  historyInput,
  listDecisionsInput,
  listDecisionsOutput,
  proposeInput,
  tenantRef,
} from './schema.ts';
import { propose } from './service/propose.ts';
import { createContext, listContexts, listDecisions, readDecision, readHistory } from './service/read.ts';
import { sendToExecution } from './service/send.ts';

export const proposalsRouter = router({
  propose: command({ permission: 'proposal:ask', audit: 'proposal.made' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/propose',
        summary: 'Ranked proposals for a risk, or “insufficient evidence”',
        success: 200,
      },
    })
    .input(proposeInput)
    .output(decisionDetail)
    .mutation(({ ctx, input }) => propose(ctx, input)),
  list: read({ permission: 'proposal:read' })
    .meta({
      openapi: { method: 'GET', path: '/proposals', summary: 'List answers to questions for proposals' },
    })
    .input(listDecisionsInput)
    .output(listDecisionsOutput)
    .query(({ ctx, input }) => listDecisions(ctx, input)),
  get: read({ permission: 'proposal:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/proposals/{id}',
        summary: 'One answer with evidence, trace and enrichment',
      },
    })
    .input(decisionRef)
    .output(decisionDetail)
    .query(({ ctx, input }) => readDecision(ctx, input.id)),
  execute: command({
    permission: 'proposal:send',
    audit: [
      'proposal.claimed',
      'proposal.sent',
      'proposal.send_refused',
      'execution.requested',
      'execution.refused',
      'approval.requested',
    ],
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/proposals/{id}/execute',
        summary: 'Send a proposal to execution, exactly as it was proposed',
        success: 202,
      },
    })
    .input(executeInput)
    .output(dispatched)
    .mutation(({ ctx, input }) => sendToExecution(ctx, input)),
  history: read({ permission: 'proposal:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/proposals/history',
        summary: 'What was predicted and what was realised',
      },
    })
    .input(historyInput)
    .output(history)
    .query(({ ctx, input }) => readHistory(ctx, input)),
  contexts: read({ permission: 'proposal:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/proposals/contexts/{tenant}',
        summary: 'What questions may be about',
      },
    })
    .input(tenantRef)
    .output(contexts)
    .query(({ ctx, input }) => listContexts(ctx, input.tenant)),
  createContext: command({ permission: 'proposal:context', audit: 'context.created' })
    .meta({
      openapi: { method: 'POST', path: '/proposals/contexts', summary: 'Make a context for questions' },
    })
    .input(contextInput)
    .output(contextRow)
    .mutation(({ ctx, input }) => createContext(ctx, input)),
});
