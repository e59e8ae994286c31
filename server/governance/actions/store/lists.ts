import { sql } from 'kysely';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb } from '#kernel/db/database.ts';
import type { Scope } from '#kernel/db/scope.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { ExecutionRow, ListExecutionsInput } from '../schema.ts';

interface Tables {
  action_execution: {
    id: string;
    tenant_id: string;
    title: string;
    state: string;
    tier: string;
    dry_run: boolean;
    simulated: boolean;
    environment: string;
    requester_name: string;
    step: number;
    outcome: string | null;
    requested_at: string;
    ended_at: string | null;
  };
  action_step: { execution_id: string; target: string };
}

const k = compiler<Tables>();
const columns = { requestedAt: 'requested_at', tier: 'tier', state: 'state', tenantId: 'tenant_id' } as const;

function filtered(scope: Scope, input: ListExecutionsInput) {
  let q = k.selectFrom('action_execution as e');
  if (scope.reach === 'simulated') q = q.where(sql<boolean>`e.simulated and e.environment <> 'production'`);
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('e.id', 'ilike', like), eb('e.title', 'ilike', like)]));
  }
  if (input.state?.length) q = q.where('e.state', 'in', input.state);
  if (input.tier?.length) q = q.where('e.tier', 'in', input.tier);
  if (input.tenant?.length) q = q.where('e.tenant_id', 'in', input.tenant);
  if (input.dryRun !== undefined) q = q.where('e.dry_run', '=', input.dryRun);
  const { target } = input;
  if (target)
    q = q.where(eb =>
      eb.exists(
        eb
          .selectFrom('action_step as s')
          .select('s.execution_id')
          .whereRef('s.execution_id', '=', 'e.id')
          .where('s.target', '=', target),
      ),
    );
  return q;
}

export function selectExecutions(db: ReadDb, input: ListExecutionsInput): Promise<ExecutionRow[]> {
  const q = filtered(db.scope, input)
    .select([
      'e.id',
      'e.tenant_id as tenantId',
      'e.title',
      'e.state',
      'e.tier',
      'e.dry_run as dryRun',
      'e.simulated',
      'e.requester_name as requester',
      'e.step',
      'e.outcome',
      'e.requested_at as requestedAt',
      'e.ended_at as endedAt',
      sql<number>`(select count(*)::int from action_step s where s.execution_id = e.id)`.as('steps'),
    ])
    .orderBy(`e.${columns[input.sort]}`, input.dir)
    .orderBy('e.requested_at', 'desc')
    .orderBy('e.id')
    .limit(pageLimit(input.limit))
    .offset(input.offset)
    .compile();
  return db.query<ExecutionRow>(prepared(q) as never);
}

export async function countExecutions(db: ReadDb, input: ListExecutionsInput): Promise<number> {
  const q = filtered(db.scope, input).select(sql<number>`count(*)::int`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q) as never))?.n ?? 0;
}
