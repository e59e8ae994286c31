import { sql } from 'kysely';
import type { ActionName, ActionPlan } from '#kernel/actions/plan.ts';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type {
  CitedEvent,
  ContextRow,
  DecisionDetail,
  DecisionRow,
  DispatchRow,
  Enrichment,
  HistoryRow,
  ListDecisionsInput,
  ProposalBody,
  ProposalCard,
} from '../schema.ts';

interface Tables {
  reasoner_decision: {
    id: string;
    tenant_id: string;
    context_id: string;
    risk_id: string;
    service: string | null;
    at: string;
    outcome: string;
    reason: string | null;
    confidence: number;
    took_ms: number;
    simulated: boolean;
    asked_by: string;
  };
}
const k = compiler<Tables>();
const json = (value: unknown) => value as Prisma.InputJsonValue;

export const findContext = (db: ReadDb, tenantId: string, id: string): Promise<ContextRow | null> =>
  db.one<ContextRow>({
    name: 'reasoner-context',
    sql: `select tenant_id as "tenantId", id, title, window_minutes as "windowMinutes", actions, created_at as "createdAt",
        created_by as "createdBy" from reasoner_context where tenant_id = $1 and id = $2`,
    parameters: [tenantId, id],
  });

export const selectContexts = (db: ReadDb, tenantId: string): Promise<ContextRow[]> =>
  db.query<ContextRow>({
    name: 'reasoner-contexts',
    sql: `select tenant_id as "tenantId", id, title, window_minutes as "windowMinutes", actions, created_at as "createdAt",
        created_by as "createdBy" from reasoner_context where tenant_id = $1 order by id`,
    parameters: [tenantId],
  });

/** False when the tenant has one of that id. */
export async function insertContext(tx: Tx, row: Omit<ContextRow, 'createdAt'>, now: Date): Promise<boolean> {
  const { count } = await tx.reasonerContext.createMany({
    data: [{ ...row, createdAt: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

export async function insertDecision(tx: Tx, made: DecisionDetail, simulatedModel: boolean): Promise<void> {
  const { proposals, trace, enrichment: _none, evidence, ...columns } = made;
  await tx.reasonerDecision.create({ data: { ...columns, evidence: json(evidence) } });
  await tx.reasoningTrace.create({
    data: { decisionId: made.id, tenantId: made.tenantId, steps: json(trace) },
  });
  if (proposals.length === 0) return;
  await tx.proposal.createMany({
    data: proposals.map(
      ({
        id,
        rank,
        title,
        action,
        cause,
        plan,
        planHash,
        confidence,
        score,
        dispatch: _,
        tried: __,
        ...body
      }) => ({
        id,
        tenantId: made.tenantId,
        decisionId: made.id,
        rank,
        title,
        action,
        cause,
        plan: json(plan),
        planHash,
        confidence,
        score,
        body: json(body),
      }),
    ),
  });
  await tx.reasonerEnrichment.create({
    data: {
      decisionId: made.id,
      tenantId: made.tenantId,
      state: 'queued',
      order: [],
      simulated: simulatedModel,
      at: made.at,
    },
  });
}

function filtered(db: ReadDb, input: ListDecisionsInput) {
  let q = k.selectFrom('reasoner_decision as d');
  if (db.scope.reach === 'simulated') q = q.where(sql<boolean>`d.simulated`);
  if (input.outcome?.length) q = q.where('d.outcome', 'in', input.outcome);
  if (input.tenant) q = q.where('d.tenant_id', 'in', input.tenant.length > 0 ? input.tenant : ['']);
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb =>
      eb.or([
        eb('d.tenant_id', 'ilike', like),
        eb('d.risk_id', 'ilike', like),
        eb('d.service', 'ilike', like),
      ]),
    );
  }
  return q;
}

const sorts = { at: 'd.at', tenantId: 'd.tenant_id', confidence: 'd.confidence' } as const;

export function selectDecisions(db: ReadDb, input: ListDecisionsInput): Promise<DecisionRow[]> {
  const query = filtered(db, input)
    .select([
      'd.id',
      'd.tenant_id as tenantId',
      'd.context_id as contextId',
      'd.risk_id as riskId',
      'd.service',
      'd.at',
      'd.outcome',
      'd.reason',
      'd.confidence',
      'd.took_ms as tookMs',
      'd.simulated',
      'd.asked_by as askedBy',
      sql<string | null>`(select p.title from proposal p where p.decision_id = d.id and p.rank = 1)`.as(
        'best',
      ),
      sql<number>`(select count(*)::int from proposal p where p.decision_id = d.id)`.as('proposals'),
      sql<number>`(select count(*)::int from proposal p join proposal_dispatch x on x.proposal_id = p.id and x.exec_id <> '' where p.decision_id = d.id)`.as(
        'sent',
      ),
    ])
    .orderBy(sorts[input.sort], input.dir)
    .orderBy('d.id', input.dir)
    .limit(pageLimit(input.limit))
    .$if(input.offset > 0, q => q.offset(input.offset))
    .compile();
  return db.query(prepared(query) as never);
}

export async function countDecisions(db: ReadDb, input: ListDecisionsInput): Promise<number> {
  const q = filtered(db, input).select(sql<number>`count(*)::int`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

const dispatchJson = `jsonb_build_object('execId', x.exec_id, 'at', x.at, 'by', x.by, 'dimension', x.dimension,
  'predicted', x.predicted, 'realised', x.realised, 'realisedAt', x.realised_at, 'ended', x.ended)`;

interface DetailRow extends Omit<DecisionDetail, 'proposals' | 'enrichment' | 'trace' | 'evidence'> {
  evidence: CitedEvent[];
  trace: DecisionDetail['trace'] | null;
  enrichment: Enrichment | null;
  proposals: (Omit<ProposalCard, keyof ProposalBody> & { body: ProposalBody })[] | null;
}

/** Dates inside a JSON value come as Postgres writes them; they leave as everywhere else. */
const iso = <T extends string | null>(at: T): T => (at === null ? at : (new Date(at).toISOString() as T));
const dispatchOf = (row: DispatchRow | null): DispatchRow | null =>
  row && { ...row, at: iso(row.at), realisedAt: iso(row.realisedAt) };

export async function findDecision(db: ReadDb, id: string): Promise<DecisionDetail | null> {
  const reach = db.scope.reach === 'simulated' ? ' and d.simulated' : '';
  const row = await db.one<DetailRow>({
    name: `reasoner-decision${reach ? '-simulated' : ''}`,
    sql: `select d.id, d.tenant_id as "tenantId", d.context_id as "contextId", d.risk_id as "riskId", d.service, d.at,
        d.outcome, d.reason, d.confidence, d.took_ms as "tookMs", d.simulated, d.asked_by as "askedBy", d.digest, d.evidence,
        (select t.steps from reasoning_trace t where t.decision_id = d.id) as trace,
        (select jsonb_build_object('state', e.state, 'model', e.model, 'order', e."order", 'texts', coalesce(e.texts, '{}'),
            'problem', e.problem, 'simulated', e.simulated, 'at', e.at)
           from reasoner_enrichment e where e.decision_id = d.id) as enrichment,
        (select jsonb_agg(jsonb_build_object('id', p.id, 'rank', p.rank, 'title', p.title, 'action', p.action,
            'cause', p.cause, 'plan', p.plan, 'planHash', p.plan_hash, 'confidence', p.confidence, 'score', p.score,
            'body', p.body, 'dispatch', case when x.proposal_id is not null then ${dispatchJson} end) order by p.rank)
           from proposal p left join proposal_dispatch x on x.proposal_id = p.id and x.exec_id <> '' where p.decision_id = d.id) as proposals
      from reasoner_decision d where d.id = $1${reach}`,
    parameters: [id],
  });
  if (!row) return null;
  const { proposals, trace, enrichment, ...rest } = row;
  return {
    ...rest,
    trace: trace ?? [],
    enrichment: enrichment && { ...enrichment, at: iso(enrichment.at) },
    proposals: (proposals ?? []).map(({ body, dispatch, ...card }) => ({
      ...card,
      ...body,
      dispatch: dispatchOf(dispatch),
      tried: null,
    })),
  };
}

export interface FoundProposal {
  id: string;
  decisionId: string;
  tenantId: string;
  title: string;
  action: ActionName;
  plan: ActionPlan;
  planHash: string;
  body: ProposalBody;
  at: string;
  execId: string | null;
}

export function findProposal(db: ReadDb, id: string): Promise<FoundProposal | null> {
  const reach = db.scope.reach === 'simulated' ? ' and d.simulated' : '';
  return db.one<FoundProposal>({
    name: `reasoner-proposal${reach ? '-simulated' : ''}`,
    sql: `select p.id, p.decision_id as "decisionId", p.tenant_id as "tenantId", p.title, p.action, p.plan,
        p.plan_hash as "planHash", p.body, d.at, x.exec_id as "execId"
      from proposal p join reasoner_decision d on d.id = p.decision_id
      left join proposal_dispatch x on x.proposal_id = p.id and x.exec_id <> '' where p.id = $1${reach}`,
    parameters: [id],
  });
}

export interface NewDispatch {
  proposalId: string;
  tenantId: string;
  execId: string;
  at: Date;
  by: string;
  dimension: string;
  predicted: number;
}

/** A claim whose execution was never named is given up after so long: whoever made it was interrupted. */
const claimHoldsMs = 120_000;

/** False when it was sent before, or is being sent, by whomever. */
export async function claimDispatch(tx: Tx, row: Omit<NewDispatch, 'execId'>): Promise<boolean> {
  await tx.proposalDispatch.deleteMany({
    where: { proposalId: row.proposalId, execId: '', at: { lt: new Date(row.at.getTime() - claimHoldsMs) } },
  });
  const { count } = await tx.proposalDispatch.createMany({
    data: [{ ...row, execId: '' }],
    skipDuplicates: true,
  });
  return count === 1;
}

export const nameExecution = async (tx: Tx, proposalId: string, execId: string): Promise<void> => {
  await tx.proposalDispatch.updateMany({ where: { proposalId, execId: '' }, data: { execId } });
};

export const dropClaim = async (tx: Tx, proposalId: string): Promise<void> => {
  await tx.proposalDispatch.deleteMany({ where: { proposalId, execId: '' } });
};

export async function selectHistory(
  db: ReadDb,
  input: { tenant?: string | undefined; limit: number },
): Promise<HistoryRow[]> {
  const reach = db.scope.reach === 'simulated' ? ' and d.simulated' : '';
  return db.query<HistoryRow>({
    name: `reasoner-history${reach ? '-simulated' : ''}`,
    sql: `select x.proposal_id as "proposalId", p.decision_id as "decisionId", x.tenant_id as "tenantId", p.title, p.confidence,
        x.exec_id as "execId", x.at, x.by, x.dimension, x.predicted, x.realised, x.realised_at as "realisedAt", x.ended
      from proposal_dispatch x join proposal p on p.id = x.proposal_id join reasoner_decision d on d.id = p.decision_id
      where x.exec_id <> '' and ($1::text is null or x.tenant_id = $1)${reach} order by x.at desc limit $2`,
    parameters: [input.tenant ?? null, input.limit],
  });
}
