import { sql } from 'kysely';
import type { ApprovalScope, Release } from '#kernel/approvals/port.ts';
import { compiler, prepared } from '#kernel/db/compile.ts';
import type { Query, ReadDb, Tx } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { ApprovalState, Case } from '../rules/machine.ts';
import type { Decision, ListApprovalsInput, Terms } from '../schema.ts';

export interface Shown {
  plan: string[];
  blast: string;
  reason?: string;
  change?: { before: unknown; after: unknown };
  risk?: { before: number; after: number; margin?: number };
  cost?: { perDay: number; currency: string; margin?: number };
}

export interface GivenDecision {
  decision: Decision;
  approverId: string;
  authorityId: string;
  method: string;
  reason: string | null;
  token: string;
  at: string;
}

/** What was asked, and of whom: written once. */
interface Asked {
  id: string;
  policyId: string;
  policyVersion: number;
  terms: Terms;
  procedure: string;
  input: unknown;
  sealedInput: string | null;
  scope: ApprovalScope;
  digest: string;
  tenantId: string | null;
  subject: string;
  title: string;
  shown: Shown;
  requesterKind: string;
  requesterId: string;
  requesterName: string;
  excluded: string[];
  asked: string[];
  simulated: boolean;
}

export interface RequestRow extends Asked {
  state: ApprovalState;
  createdAt: string;
  expiresAt: string;
  remindAt: string | null;
  escalateAt: string | null;
  lastAt: string;
  settledAt: string | null;
  releaseBy: string | null;
  releasedAt: string | null;
  outcome: string | null;
  breakGlass: boolean;
  decisions: GivenDecision[];
}

const columns = `r.id, r.policy_id as "policyId", r.policy_version as "policyVersion", r.terms, r.state, r.procedure, r.input,
  r.sealed_input as "sealedInput", r.scope, r.digest, r.tenant_id as "tenantId", r.subject, r.title, r.shown,
  r.requester_kind as "requesterKind", r.requester_id as "requesterId", r.requester_name as "requesterName", r.excluded,
  r.asked, r.simulated, r.created_at as "createdAt", r.expires_at as "expiresAt", r.remind_at as "remindAt",
  r.escalate_at as "escalateAt", r.last_at as "lastAt", r.settled_at as "settledAt", r.release_by as "releaseBy",
  r.released_at as "releasedAt", r.outcome, r.break_glass as "breakGlass",
  (select coalesce(json_agg(json_build_object('decision', d.decision, 'approverId', d.approver_id, 'authorityId',
     d.authority_id, 'method', d.method, 'reason', d.reason, 'token', d.token, 'at', d.at) order by d.at, d.id), '[]'::json)
   from approval_decision d where d.request_id = r.id) as decisions`;

/** What the anonymous simulation principal reaches: simulated requests only. */
const reach = (db: ReadDb) => (db.scope.reach === 'simulated' ? ' and r.simulated' : '');

export const findRequest = (db: ReadDb, id: string): Promise<RequestRow | null> =>
  db.one<RequestRow>({
    name: `approval${reach(db) ? '-simulated' : ''}`,
    sql: `select ${columns} from approval_request r where r.id = $1${reach(db)}`,
    parameters: [id],
  });

export const findOpen = (db: ReadDb, open: string): Promise<{ id: string } | null> =>
  db.one<{ id: string }>({
    name: 'approval-open',
    sql: 'select id from approval_request where open = $1',
    parameters: [open],
  });

export const findOpenByDigest = (db: ReadDb, digest: string): Promise<{ id: string } | null> =>
  db.one<{ id: string }>({
    name: 'approval-open-digest',
    sql: `select id from approval_request r where digest = $1 and open is not null${reach(db)} limit 1`,
    parameters: [digest],
  });

interface Tables {
  approval_request: {
    id: string;
    title: string;
    subject: string;
    state: string;
    simulated: boolean;
    created_at: string;
    expires_at: string;
    tenant_id: string | null;
  };
}
const k = compiler<Tables>();
const sorts = { createdAt: 'created_at', expiresAt: 'expires_at', title: 'title' } as const;

function filtered(db: ReadDb, input: Pick<ListApprovalsInput, 'search' | 'state' | 'subject' | 'tenant'>) {
  let q = k.selectFrom('approval_request as r');
  if (db.scope.reach === 'simulated') q = q.where('r.simulated', '=', true);
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('r.title', 'ilike', like), eb('r.subject', 'ilike', like)]));
  }
  if (input.state?.length) q = q.where('r.state', 'in', input.state);
  if (input.subject) q = q.where('r.subject', '=', input.subject);
  if (input.tenant) q = q.where('r.tenant_id', '=', input.tenant);
  return q;
}

export function selectRequests(
  db: ReadDb,
  input: Pick<
    ListApprovalsInput,
    'search' | 'state' | 'subject' | 'tenant' | 'sort' | 'dir' | 'limit' | 'offset'
  >,
): Promise<RequestRow[]> {
  const q = filtered(db, input)
    .select(sql.raw(columns) as never)
    .orderBy(`r.${sorts[input.sort]}`, input.dir)
    .orderBy('r.id', input.dir)
    .limit(input.limit + 1)
    .offset(input.offset)
    .compile();
  return db.query<RequestRow>(prepared(q) as unknown as Query<RequestRow>);
}

export async function countRequests(
  db: ReadDb,
  input: Pick<ListApprovalsInput, 'search' | 'state' | 'subject' | 'tenant'>,
): Promise<number> {
  const q = filtered(db, input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

/** Pending ones, oldest end first: few enough to look at each. */
export const selectPending = (db: ReadDb): Promise<RequestRow[]> =>
  db.query<RequestRow>({
    name: `approvals-pending${reach(db) ? '-simulated' : ''}`,
    sql: `select ${columns} from approval_request r where r.state = 'pending'${reach(db)} order by r.expires_at, r.id limit 500`,
    parameters: [],
  });

export const selectDue = (db: ReadDb, now: Date, id?: string): Promise<{ id: string }[]> =>
  db.query<{ id: string }>({
    name: 'approvals-due',
    sql: `select id from approval_request where ($2::uuid is null or id = $2) and (
        (state = 'pending' and least(expires_at, remind_at, escalate_at) <= $1)
        or (state = 'approved' and release_by <= $1)) order by expires_at limit 500`,
    parameters: [now, id ?? null],
  });

/** Approved, and nobody has taken the release up: the job was lost or has failed for good. */
export const selectUnreleased = (db: ReadDb): Promise<{ id: string }[]> =>
  db.query<{ id: string }>({
    name: 'approvals-unreleased',
    sql: `select id from approval_request where state = 'approved' or (state = 'released' and outcome is null)
      order by last_at limit 200`,
    parameters: [],
  });

export interface NewRequest extends Asked {
  createdAt: Date;
  expiresAt: Date;
  remindAt: Date | null;
  escalateAt: Date | null;
  open: string;
}

/** False when the same command waits already. */
export async function insertRequest(tx: Tx, row: NewRequest): Promise<boolean> {
  const { input, terms, scope, shown, ...rest } = row;
  const { count } = await tx.approvalRequest.createMany({
    data: [
      {
        ...rest,
        ...(row.sealedInput === null ? { input: input as object } : {}),
        terms: terms as object,
        scope: scope as object,
        shown: shown as object,
        state: 'pending',
        lastAt: row.createdAt,
      },
    ],
    skipDuplicates: true,
  });
  return count === 1;
}

/** Whoever decides, releases or expires a request holds its row: one after the other. */
export async function lockRequest(tx: Tx, id: string): Promise<RequestRow | null> {
  await tx.$queryRaw`select id::text from approval_request where id = ${id}::uuid for update`;
  const found = await tx.approvalRequest.findUnique({
    where: { id },
    include: { decisions: { orderBy: { at: 'asc' } } },
  });
  return found ? (JSON.parse(JSON.stringify(found)) as RequestRow) : null;
}

/** The step a rule took, as it is stored. */
export async function saveCase(
  tx: Tx,
  id: string,
  before: ApprovalState,
  next: Case,
  outcome: string | null,
): Promise<void> {
  const date = (at: number | null) => (at === null ? null : new Date(at));
  const settled = next.state !== before && next.state !== 'approved' && next.state !== 'pending';
  await tx.approvalRequest.update({
    where: { id },
    data: {
      state: next.state,
      lastAt: new Date(next.lastAt),
      remindAt: date(next.remindAt),
      escalateAt: date(next.escalateAt),
      releaseBy: date(next.releaseBy),
      breakGlass: next.breakGlass,
      ...(outcome === null ? {} : { outcome }),
      ...(settled ? { settledAt: new Date(next.lastAt), open: null } : {}),
    },
  });
}

/** Records what came of a release, once; false when that is recorded already. */
export async function noteOutcome(tx: Tx, id: string, outcome: string, now: Date): Promise<boolean> {
  const { count } = await tx.approvalRequest.updateMany({
    where: { id, state: 'released', outcome: null },
    data: { outcome, settledAt: now },
  });
  return count === 1;
}

export async function spendRelease(tx: Tx, release: Release, now: Date): Promise<boolean> {
  const rows = await tx.$queryRaw<{ spent: boolean }[]>`
    select spend_approval(${release.requestId}::uuid, ${release.digest}, ${now}) as spent`;
  return rows[0]?.spent === true;
}

/** Open requests of a policy whose terms change. */
export async function lockOpenOfPolicy(tx: Tx, policyId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select id::text from approval_request where policy_id = ${policyId} and state in ('pending', 'approved') order by id for update`;
  return rows.map(row => row.id);
}

/** At least one row: how many were released, and each one that no other person's decision carries. */
export const selectReleasesWithoutDecision = (
  db: ReadDb,
): Promise<{ released: number; id: string | null }[]> =>
  db.query<{ released: number; id: string | null }>({
    name: 'approvals-unfounded',
    sql: `with released as (
        select r.id, exists (select 1 from approval_decision d where d.request_id = r.id
          and (d.decision = 'break_glass' or (d.decision = 'approve' and d.approver_id::text <> r.requester_id))) as founded
        from approval_request r where r.state = 'released')
      select (select count(*) from released) as released, x.id
      from (select 1) one left join (select id from released where not founded limit 100) x on true`,
    parameters: [],
  });

/** The ledger entries by which this request was approved: the causes of what its release does. */
export async function approvalEntries(db: ReadDb, id: string): Promise<string[]> {
  const rows = await db.query<{ uid: string }>({
    sql: `select uid from ledger_entry where target = $1 and type in ('approval.approved', 'approval.glass_broken')
      order by id desc limit 1`,
    parameters: [`approval:${id}`],
  });
  return rows.map(row => row.uid);
}
