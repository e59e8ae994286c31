import type { MovePlan, MoveStepName, MoveStream, Obstacle } from '../schema/move.ts';

interface Held {
  rows: readonly { table: string; rows: number | null }[];
  /** Why these may not be all. */
  unseen: { why: string; mend: string } | null;
}

export interface MoveFacts {
  tenant: string;
  from: string;
  to: string;
  /** State of the target in the registry. */
  target: string | null;
  refused: readonly string[];
  home: Held;
  there: Held;
  writes: MovePlan['writes'];
  /** Those that carry the tenant. */
  streams: readonly MoveStream[];
  failover: boolean;
}

export type MoveJudgement = Pick<MovePlan, 'way' | 'rows' | 'unseen' | 'copy' | 'stays' | 'obstacles'> & {
  /** Streams that have to have brought everything before the home is switched. */
  settle: string[];
};

const replication = '/federation/replication';

/** What has to be true before a home is switched, and what the switch does not take along. */
export function judgeMove(f: MoveFacts): MoveJudgement {
  const obstacles: Obstacle[] = [];
  const say = (what: string, mend: string, href: string | null = null) =>
    obstacles.push({ what, mend, href });
  if (f.from === f.to) say(`${f.to} is its home already`, 'Choose another region.');
  if (f.target !== 'active' && f.target !== 'degraded')
    say(
      `${f.to} is ${f.target ?? 'not registered'}`,
      'Wait until it is active, or readmit it.',
      `/federation/regions/${f.to}`,
    );
  for (const reason of f.refused)
    say(reason, 'Change what the tenant or the policies allow, or choose another region.');
  if (f.failover) say('a failover is under way', 'Wait for its end.', '/federation/failover');
  if (f.home.unseen) say(f.home.unseen.why, f.home.unseen.mend);
  for (const { table } of f.home.rows.filter(held => held.rows === null))
    say(
      `rows of ${table} in ${f.from} are hidden from this console`,
      'Give its login BYPASSRLS, or the policy of the mirror.',
    );
  const { rows } = f.home;
  const way: MovePlan['way'] =
    rows.length === 0 ? 'record' : f.writes.there === true && f.writes.home !== true ? 'writer' : 'mirror';
  const between = f.streams.filter(
    s => (s.from === f.from && s.to === f.to) || (s.from === f.to && s.to === f.from),
  );
  const leading = between.filter(s => s.from === f.from && s.state === 'active');
  if (way !== 'record') {
    const carried = new Set((way === 'mirror' ? leading : between).flatMap(s => s.tables));
    for (const { table, rows: n } of rows.filter(held => !carried.has(held.table)))
      say(
        `${n ?? 'unknown'} rows of ${table} lie in ${f.from}, and no stream leads them to ${f.to}`,
        `Make a stream from ${f.from} to ${f.to} that carries ${f.tenant}, and wait until it has copied.`,
        replication,
      );
  }
  if (way === 'mirror') {
    if (f.writes.there !== true)
      say(
        `${f.to} does not hold the right to write`,
        `The right to write is a region’s: fail ${f.from} over to ${f.to} first, then move the tenant.`,
        `/federation/failover?pair=${f.from}.${f.to}`,
      );
    for (const s of leading) {
      const href = `${replication}?stream=${s.id}`;
      if (s.health !== 'streaming')
        say(`the stream ${s.id} is ${s.health}`, 'Wait until it is streaming.', href);
      if (s.unproven.length > 0)
        say(
          `not found equal within a day: ${s.unproven.join(', ')} of ${s.id}`,
          'Compare the stream with its mirror.',
          href,
        );
    }
  }
  return {
    way,
    rows: merged(f),
    unseen: [f.home, f.there].flatMap(held => held.unseen?.why ?? []),
    copy: copyOf(f, way, way === 'writer' ? between : leading),
    stays: staysOf(f, way, between),
    obstacles,
    settle: way === 'mirror' ? leading.map(s => s.id) : [],
  };
}

function merged({ home, there }: MoveFacts): MovePlan['rows'] {
  const tables = [...new Set([...home.rows, ...there.rows].map(held => held.table))].sort();
  const of = ({ rows, unseen }: Held, table: string) => {
    const found = rows.find(held => held.table === table);
    return found ? found.rows : unseen ? null : 0;
  };
  return tables.map(table => ({ table, home: of(home, table), there: of(there, table) }));
}

/** `carrying`: the streams by which rows of the home are there, or come there. */
function copyOf(f: MoveFacts, way: MovePlan['way'], carrying: readonly MoveStream[]): MovePlan['copy'] {
  if (way === 'record' && f.home.unseen)
    return { rows: null, bytes: null, said: `which rows lie in ${f.from} is not known` };
  if (way === 'record') return { rows: 0, bytes: 0, said: `no row of it lies in ${f.from}` };
  const missing = f.home.rows.filter(held => !carrying.some(s => s.tables.includes(held.table)));
  if (way === 'writer' && missing.length === 0)
    return { rows: 0, bytes: 0, said: `${f.to} writes already: its rows are the newer ones` };
  const rows = missing.some(held => held.rows === null)
    ? null
    : missing.reduce((sum, held) => sum + (held.rows ?? 0), 0);
  // Of what nothing carries nobody knows how large it is; and what was written at the writer does not come by these.
  const bytes =
    way === 'writer' || carrying.some(s => s.lagBytes === null)
      ? null
      : carrying.reduce((sum, s) => sum + (s.lagBytes ?? 0), 0);
  return {
    rows,
    bytes,
    said:
      missing.length > 0
        ? `what no stream carries lies in ${f.from} only, and has to be copied by one that is still to be made`
        : 'the mirror has the rows; what is on its way is waited for',
  };
}

function staysOf(f: MoveFacts, way: MovePlan['way'], between: readonly MoveStream[]): string[] {
  const withheld = [...new Set(between.flatMap(s => s.withheld))];
  const others = f.streams.filter(s => s.from === f.from && s.to !== f.to && s.state !== 'detached');
  return [
    ...(withheld.length > 0 ? [`Columns that no mirror has stay in ${f.from}: ${withheld.join(', ')}.`] : []),
    ...others.map(s => `The stream ${s.id} goes on from ${f.from} to ${s.to}.`),
    ...(way === 'mirror'
      ? [
          `Whoever writes rows of ${f.tenant} in ${f.from} afterwards still can: the right to write is a region’s.`,
        ]
      : []),
    `Rows in ${f.from} are not deleted.`,
    'Services, files and secrets are not moved: the console does not keep them.',
  ];
}

export function moveTitles(f: Pick<MoveFacts, 'tenant' | 'from' | 'to'>): Record<MoveStepName, string> {
  return {
    check: 'Look again at everything that this plan stands on',
    settle: `Wait until ${f.to} has every row that was written in ${f.from}`,
    switch: `Make ${f.to} the home of ${f.tenant}`,
    confirm: `Ask where requests of ${f.tenant} are led now`,
    reverse: `Plan the way back to ${f.from}`,
  };
}
