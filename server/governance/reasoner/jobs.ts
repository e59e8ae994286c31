import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { enrichDecision } from './service/enrich.ts';
import { modelGateway } from './service/model.ts';
import { measureRealised } from './service/realise.ts';

const attempts = 4;

const enrich = defineJob({
  name: 'proposals.enrich',
  title: 'Ask a language model for words about a decision',
  payload: z.strictObject({ id: z.uuid() }),
  timeoutSeconds: 60,
  maxAttempts: attempts,
  run: ({ id }, { ctx, attempt, signal }) =>
    enrichDecision(ctx, id, modelGateway(), { signal, last: attempt >= attempts }),
});

const realise = defineJob({
  name: 'proposals.realise',
  title: 'Measure what became of proposals that were carried out',
  payload: z.strictObject({}),
  schedule: '* * * * *',
  timeoutSeconds: 55,
  maxAttempts: 1,
  queue: 'proposals.realise',
  run: async (_payload, { ctx }) => {
    await measureRealised(ctx);
  },
});

export const proposalJobs: readonly AnyJob[] = [enrich, realise];
