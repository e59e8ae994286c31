import type { Answered, Asked, ModelGateway } from './gateway.ts';
import type { ModelAnswer } from './rules/enrich.ts';

/** Stands in where no model is connected: sentences by template, in the order that was given, labelled as simulated. */
export const simulatedModel: ModelGateway = {
  real: false,
  ask: async ({ input }: Asked, signal): Promise<Answered> => {
    if (signal.aborted) return { result: 'away', problem: 'The job was stopped.' };
    const answer: ModelAnswer = {
      order: input.proposals.map(proposal => proposal.ref),
      notes: input.proposals
        .filter(proposal => proposal.cites.length > 0)
        .map(proposal => ({
          proposal: proposal.ref,
          sentences: [
            {
              text: `The cited events agree with ${proposal.cause}; the score would go from ${proposal.riskBefore} to ${proposal.riskAfter}.`,
              cites: proposal.cites.slice(0, 3),
            },
          ],
        })),
    };
    return { result: 'answered', model: 'simulated', text: JSON.stringify(answer) };
  },
};
