import { sql } from 'kysely';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { ListRunsInput, RunRow, Snapshot } from './schema.ts';

interface Tables {
  report_run: { id: string; phase: string; at: string; passed: number; failed: number; not_built: number };
}
const k = compiler<Tables>();

const filtered = (input: Pick<ListRunsInput, 'phase' | 'search'>) => {
  let q = k.selectFrom('report_run');
  if (input.search) q = q.where('phase', 'ilike', likePattern(input.search));
  return input.phase?.length ? q.where('phase', 'in', input.phase) : q;
};

export const selectRuns = (db: ReadDb, input: ListRunsInput): Promise<RunRow[]> =>
  db.query<RunRow>(
    prepared(
      filtered(input)
        .select(['id', 'phase', 'at', 'passed', 'failed', 'not_built as notBuilt'])
        .orderBy(input.sort, input.dir)
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

export const findRun = (db: ReadDb, id: string): Promise<(RunRow & { snapshot: Snapshot }) | null> =>
  db.one({
    name: 'report-run',
    sql: 'select id, phase, at, passed, failed, not_built as "notBuilt", snapshot from report_run where id = $1',
    parameters: [id],
  });

const keptRuns = 200;

export async function insertRun(tx: Tx, run: Omit<RunRow, 'at'>, sealed: Snapshot, at: Date): Promise<void> {
  await tx.reportRun.create({
    data: { ...run, at, snapshot: JSON.parse(JSON.stringify(sealed)) },
    select: { id: true },
  });
  const old = await tx.reportRun.findMany({
    orderBy: { at: 'desc' },
    skip: keptRuns,
    select: { id: true },
    where: { phase: run.phase },
  });
  if (old.length > 0) await tx.reportRun.deleteMany({ where: { id: { in: old.map(r => r.id) } } });
}

export const newestCheckpoint = async (db: ReadDb): Promise<string | null> =>
  (
    await db.one<{ note: string }>({
      name: 'report-checkpoint',
      sql: 'select note from ledger_checkpoint order by size desc limit 1',
      parameters: [],
    })
  )?.note ?? null;

/** The newest entries of the given types. */
export const newestEntries = async (db: ReadDb, types: readonly string[]): Promise<string[]> =>
  (
    await db.query<{ uid: string; type: string }>({
      name: 'report-entries',
      sql: 'select uid, type from ledger_entry where type = any($1) order by id desc limit 5',
      parameters: [types],
    })
  ).map(row => `${row.type} ${row.uid}`);
