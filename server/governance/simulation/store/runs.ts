import { sql } from 'kysely';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { GateRow } from '../schema/replay.ts';
import type { ListRunsInput, RunRow } from '../schema.ts';

interface Tables {
  simulation_run: {
    id: string;
    kind: string;
    tenant_id: string | null;
    title: string;
    state: string;
    verdict: string | null;
    score: number | null;
    requested_by: string;
    created_at: string;
    ends_at: string | null;
    finished_at: string | null;
  };
}
const k = compiler<Tables>();

function filtered(input: Pick<ListRunsInput, 'search' | 'kind' | 'state' | 'verdict'>) {
  let q = k.selectFrom('simulation_run');
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('title', 'ilike', like), eb('tenant_id', 'ilike', like)]));
  }
  if (input.kind?.length) q = q.where('kind', 'in', input.kind);
  if (input.state?.length) q = q.where('state', 'in', input.state);
  if (input.verdict?.length) q = q.where('verdict', 'in', input.verdict);
  return q;
}

export const selectRuns = (db: ReadDb, input: ListRunsInput): Promise<RunRow[]> =>
  db.query<RunRow>(
    prepared(
      filtered(input)
        .select([
          'id',
          'kind',
          'tenant_id as tenantId',
          'title',
          'state',
          'verdict',
          'score',
          'requested_by as requestedBy',
          'created_at as createdAt',
          'ends_at as endsAt',
          'finished_at as finishedAt',
        ])
        .orderBy('created_at', input.dir)
        .orderBy('id', input.dir)
        .limit(pageLimit(input.limit))
        .offset(input.offset)
        .compile(),
    ) as never,
  );

export async function countRuns(db: ReadDb, input: ListRunsInput): Promise<number> {
  const q = filtered(input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

const columns = `id, kind, tenant_id as "tenantId", title, state, verdict, score, requested_by as "requestedBy",
  created_at as "createdAt", ends_at as "endsAt", finished_at as "finishedAt", input, result`;

export type StoredRun = RunRow & { input: unknown; result: unknown };

export const findRun = (db: ReadDb, id: string): Promise<StoredRun | null> =>
  db.one({
    name: 'simulation-run',
    sql: `select ${columns} from simulation_run where id = $1`,
    parameters: [id],
  });

/** Canaries whose time is over, the oldest first. */
export const selectDueCanaries = (db: ReadDb, now: Date): Promise<StoredRun[]> =>
  db.query({
    sql: `select ${columns} from simulation_run where kind = 'canary' and state = 'running' and ends_at <= $1
      order by ends_at limit 50`,
    parameters: [now],
  });

export const findRunningCanary = (db: ReadDb, service: string): Promise<StoredRun | null> =>
  db.one({
    sql: `select ${columns} from simulation_run where kind = 'canary' and state = 'running' and input->>'service' = $1`,
    parameters: [service],
  });

export interface NewRun {
  id: string;
  kind: RunRow['kind'];
  tenantId: string | null;
  title: string;
  requestedBy: string;
  input: object;
  endsAt?: Date;
  done?: { verdict: RunRow['verdict']; score: number | null; result: object };
}

const json = (value: object) => JSON.parse(JSON.stringify(value));

export async function insertRun(tx: Tx, run: NewRun, now: Date): Promise<void> {
  const { done, ...rest } = run;
  await tx.simulationRun.createMany({
    data: [
      {
        ...rest,
        input: json(run.input),
        state: done ? 'done' : 'running',
        createdAt: now,
        ...(done
          ? { verdict: done.verdict, score: done.score, result: json(done.result), finishedAt: now }
          : {}),
      },
    ],
  });
}

/** False when it ended meanwhile: whoever comes second changes nothing. */
export async function finishRun(
  tx: Tx,
  id: string,
  done: { state: 'done' | 'stopped'; verdict: RunRow['verdict']; score: number | null; result: object },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.simulationRun.updateMany({
    where: { id, state: 'running' },
    data: { ...done, result: json(done.result), finishedAt: now },
  });
  return count === 1;
}

export async function extendRun(tx: Tx, id: string, result: object, endsAt: Date): Promise<boolean> {
  const { count } = await tx.simulationRun.updateMany({
    where: { id, state: 'running' },
    data: { result: json(result), endsAt },
  });
  return count === 1;
}

const gateColumns = `tenant_id as "tenantId", action, mode, acted, harmed, saved, false_actions as "falseActions",
  harm_upper as "harmUpper", reason, run_id as "runId", at`;

export const selectGates = (db: ReadDb, tenantId?: string): Promise<GateRow[]> =>
  db.query({
    sql: `select ${gateColumns} from autonomy_gate where $1::text is null or tenant_id = $1 order by tenant_id, action`,
    parameters: [tenantId ?? null],
  });

export const findGate = (db: ReadDb, tenantId: string, action: string): Promise<GateRow | null> =>
  db.one({
    name: 'autonomy-gate',
    sql: `select ${gateColumns} from autonomy_gate where tenant_id = $1 and action = $2`,
    parameters: [tenantId, action],
  });

/** A new replay replaces what the last one said about the same tenants and actions. */
export async function putGates(tx: Tx, gates: readonly Omit<GateRow, 'at'>[], now: Date): Promise<void> {
  for (const gate of gates) {
    const { tenantId, action, ...rest } = gate;
    await tx.autonomyGate.upsert({
      where: { tenantId_action: { tenantId, action } },
      create: { ...gate, at: now },
      update: { ...rest, at: now },
    });
  }
}
