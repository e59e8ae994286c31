import { sql } from 'kysely';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { GameDayRecord, GameDayRow, ListGameDaysInput } from '../schema/game-days.ts';

interface Tables {
  game_day: {
    id: string;
    scenario: string;
    target_id: string;
    state: string;
    verdict: string | null;
    started_at: string;
  };
}
const k = compiler<Tables>();

export type StoredGameDay = Omit<GameDayRow, 'title' | 'target' | 'scheduled'> & {
  targetKind: GameDayRow['target']['kind'];
  targetId: string;
  scheduleId: string | null;
};
export type StoredGameDayDetail = StoredGameDay & {
  record: GameDayRecord;
  report: string | null;
  envelope: unknown;
};

const columns = `id, scenario, target_kind as "targetKind", target_id as "targetId", intensity, minutes, mode, state, verdict,
  schedule_id as "scheduleId", requested_by as "requestedBy", started_at as "startedAt", due_at as "dueAt",
  finished_at as "finishedAt"`;

function filtered(input: Pick<ListGameDaysInput, 'search' | 'scenario' | 'state' | 'verdict'>) {
  let q = k.selectFrom('game_day');
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('scenario', 'ilike', like), eb('target_id', 'ilike', like)]));
  }
  if (input.scenario?.length) q = q.where('scenario', 'in', input.scenario);
  if (input.state?.length) q = q.where('state', 'in', input.state);
  if (input.verdict?.length) q = q.where('verdict', 'in', input.verdict);
  return q;
}

export const selectGameDays = (db: ReadDb, input: ListGameDaysInput): Promise<StoredGameDay[]> =>
  db.query<StoredGameDay>(
    prepared(
      filtered(input)
        .select(sql.raw(columns) as never)
        .orderBy('started_at', input.dir)
        .orderBy('id', input.dir)
        .limit(pageLimit(input.limit))
        .offset(input.offset)
        .compile(),
    ) as never,
  );

export async function countGameDays(db: ReadDb, input: ListGameDaysInput): Promise<number> {
  const q = filtered(input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

export const findGameDay = (db: ReadDb, id: string): Promise<StoredGameDayDetail | null> =>
  db.one({
    name: 'game-day',
    sql: `select ${columns}, record, report, envelope from game_day where id = $1`,
    parameters: [id],
  });

export const selectDueGameDays = (db: ReadDb, now: Date): Promise<StoredGameDayDetail[]> =>
  db.query({
    sql: `select ${columns}, record, report, envelope from game_day
      where state in ('broken', 'recovering') and due_at <= $1 order by due_at limit 20`,
    parameters: [now],
  });

/** One fault of a kind on a target at a time: two would be one effect with two reports. */
export const findRunningGameDay = (db: ReadDb, scenario: string, targetId: string) =>
  db.one<{ id: string }>({
    sql: `select id from game_day where scenario = $1 and target_id = $2 and state in ('broken', 'recovering')`,
    parameters: [scenario, targetId],
  });

export const newestFinished = (db: ReadDb): Promise<StoredGameDayDetail | null> =>
  db.one({
    sql: `select ${columns}, record, report, envelope from game_day where state = 'done' order by finished_at desc limit 1`,
    parameters: [],
  });

const json = (value: object) => JSON.parse(JSON.stringify(value));

export interface NewGameDay extends Omit<StoredGameDay, 'startedAt' | 'dueAt' | 'finishedAt'> {
  record: GameDayRecord;
  dueAt: Date | null;
  sealed?: { report: string; envelope: object };
}

export async function insertGameDay(tx: Tx, day: NewGameDay, now: Date): Promise<void> {
  const { sealed, ...rest } = day;
  await tx.gameDay.createMany({
    data: [
      {
        ...rest,
        record: json(day.record),
        startedAt: now,
        ...(sealed ? { report: sealed.report, envelope: json(sealed.envelope), finishedAt: now } : {}),
      },
    ],
  });
}

/** False when somebody moved it on meanwhile. */
export async function moveGameDay(
  tx: Tx,
  id: string,
  from: StoredGameDay['state'],
  change: {
    state: StoredGameDay['state'];
    record: GameDayRecord;
    dueAt: Date | null;
    verdict?: StoredGameDay['verdict'];
    finishedAt?: Date;
    sealed?: { report: string; envelope: object };
  },
): Promise<boolean> {
  const { sealed, ...rest } = change;
  const { count } = await tx.gameDay.updateMany({
    where: { id, state: from },
    data: {
      ...rest,
      record: json(change.record),
      ...(sealed ? { report: sealed.report, envelope: json(sealed.envelope) } : {}),
    },
  });
  return count === 1;
}

export interface StoredSchedule {
  id: string;
  scenario: GameDayRow['scenario'];
  targetKind: GameDayRow['target']['kind'];
  targetId: string;
  intensity: number;
  minutes: number;
  weekday: number;
  hour: number;
  minute: number;
  lastDue: string | null;
  createdBy: string;
  createdAt: string;
}
const scheduleSql = `select id, scenario, target_kind as "targetKind", target_id as "targetId", intensity, minutes, weekday, hour,
  minute, last_due as "lastDue", created_by as "createdBy", created_at as "createdAt" from game_day_schedule where enabled`;

export const selectSchedules = (db: ReadDb): Promise<StoredSchedule[]> =>
  db.query({
    name: 'game-day-schedules',
    sql: `${scheduleSql} order by weekday, hour, minute, id`,
    parameters: [],
  });

export const findSchedule = (db: ReadDb, id: string): Promise<StoredSchedule | null> =>
  db.one({ sql: `${scheduleSql} and id = $1`, parameters: [id] });

export async function insertSchedule(
  tx: Tx,
  schedule: Omit<StoredSchedule, 'lastDue' | 'createdAt'>,
  now: Date,
): Promise<void> {
  await tx.gameDaySchedule.createMany({ data: [{ ...schedule, createdAt: now }] });
}

export async function endSchedule(tx: Tx, id: string): Promise<void> {
  await tx.gameDaySchedule.updateMany({ where: { id }, data: { enabled: false } });
}

/** True for the one who gets to start it. */
export async function claimDue(tx: Tx, id: string, due: Date): Promise<boolean> {
  const { count } = await tx.gameDaySchedule.updateMany({
    where: { id, enabled: true, OR: [{ lastDue: null }, { lastDue: { lt: due } }] },
    data: { lastDue: due },
  });
  return count === 1;
}
