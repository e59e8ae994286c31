import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import type { Enrichment } from '../schema.ts';

export interface EnrichmentResult {
  state: 'done' | 'rejected' | 'failed';
  model: string | null;
  order: string[];
  texts: Enrichment['texts'];
  problem: string | null;
  promptHash: string | null;
  simulated: boolean;
}

/** Once: what was settled stays. All that a model's answer can reach is this one row. */
export async function settleEnrichment(
  tx: Tx,
  decisionId: string,
  result: EnrichmentResult,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.reasonerEnrichment.updateMany({
    where: { decisionId, state: 'queued' },
    data: { ...result, texts: result.texts as Prisma.InputJsonValue, at: now },
  });
  return count === 1;
}

export interface OpenDispatch {
  proposalId: string;
  tenantId: string;
  execId: string;
  dimension: string;
  predicted: number;
  service: string | null;
  before: number;
}

/** Sent, and not measured yet. */
export const selectOpenDispatches = (db: ReadDb, since: Date): Promise<OpenDispatch[]> =>
  db.query<OpenDispatch>({
    name: 'reasoner-open-dispatches',
    sql: `select x.proposal_id as "proposalId", x.tenant_id as "tenantId", x.exec_id as "execId", x.dimension, x.predicted,
        d.service, (p.body -> 'riskDelta' ->> 'before')::float8 as before
      from proposal_dispatch x join proposal p on p.id = x.proposal_id join reasoner_decision d on d.id = p.decision_id
      where x.realised_at is null and x.exec_id <> '' and x.at > $1 order by x.at limit 200`,
    parameters: [since],
  });

export async function settleDispatch(
  tx: Tx,
  proposalId: string,
  result: { realised: number | null; ended: string },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.proposalDispatch.updateMany({
    where: { proposalId, realisedAt: null },
    data: { ...result, realisedAt: now },
  });
  return count === 1;
}
