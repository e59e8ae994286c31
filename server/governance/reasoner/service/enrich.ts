import { z } from 'zod';
import { counter } from '#kernel/metrics/metrics.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { proposalEvent } from '../events.ts';
import type { ModelGateway } from '../gateway.ts';
import { judge, modelAnswer } from '../rules/enrich.ts';
import { prepare, systemPrompt } from '../rules/prompt.ts';
import { findDecision } from '../store/decisions.ts';
import { type EnrichmentResult, settleEnrichment } from '../store/enrichment.ts';

const enrichments = counter('atom_proposals_enrichments_total', 'What became of a language model’s answers', [
  'state',
  'simulated',
]);

const answerSchema = z.toJSONSchema(modelAnswer) as Record<string, unknown>;

/** The model’s service is away; the job may be tried again. */
export class ModelAway extends Error {}

/**
 * Asks a language model for words about a decision that is made already. Whatever it answers, the plans stay: all that can
 * come of it is one row with text and an order within bounds.
 */
export async function enrichDecision(
  ctx: CommandContext,
  id: string,
  gateway: ModelGateway,
  run: { signal: AbortSignal; last: boolean },
): Promise<void> {
  const decision = await findDecision(ctx.db, id);
  if (decision?.enrichment?.state !== 'queued') {
    ctx.unchanged();
    return;
  }
  const prepared = prepare(decision.proposals, decision.evidence);
  const promptHash = sha256Hex(canonicalBytes(JSON.parse(JSON.stringify([systemPrompt, prepared.input]))));
  const answer = await gateway.ask(
    { system: systemPrompt, input: prepared.input, schema: answerSchema },
    run.signal,
  );
  const nothing = { order: [], texts: {}, promptHash, simulated: !gateway.real };
  let result: EnrichmentResult;
  if (answer.result === 'away') {
    if (!run.last) throw new ModelAway(answer.problem);
    result = { ...nothing, state: 'failed', model: null, problem: answer.problem };
  } else if (answer.result === 'refused')
    result = { ...nothing, state: 'rejected', model: null, problem: answer.problem };
  else {
    const judged = judge(answer.text, prepared, decision.proposals);
    const model = answer.model.replace(/[^\w.:/@-]+/g, ' ').slice(0, 100);
    result = judged.ok
      ? {
          ...nothing,
          state: 'done',
          model,
          order: judged.enriched.order,
          texts: judged.enriched.texts,
          problem:
            judged.enriched.dropped.length > 0 ? `Left out: ${judged.enriched.dropped.join('; ')}` : null,
        }
      : { ...nothing, state: 'rejected', model, problem: judged.problem };
  }
  await ctx.commit(
    proposalEvent(
      result.state === 'done' ? 'proposal.enriched' : 'proposal.enrichment_refused',
      { kind: 'decision', id, tenantId: decision.tenantId },
      {
        model: result.model ?? 'none',
        prompt: promptHash,
        sentences: Object.values(result.texts).flat().length,
        simulated: result.simulated,
        ...(result.problem ? { problem: result.problem.slice(0, 300) } : {}),
      },
    ),
    async tx => {
      await settleEnrichment(tx, id, result, ctx.clock.now());
    },
    { tenantId: decision.tenantId },
  );
  enrichments.inc({ state: result.state, simulated: String(result.simulated) });
}
