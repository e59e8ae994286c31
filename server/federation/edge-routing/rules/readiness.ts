import type { Readiness, ReadinessRow } from '../schema.ts';

export interface MirrorFacts {
  id: string;
  health: string;
  why: string;
  at: string | null;
  lagBytes: number | null;
  lagSeconds: number | null;
  /** Of each table: how its last comparison ended, and when. */
  parity: { table: string; state: string; at: string | null }[];
}

export interface Evidence {
  streams: readonly MirrorFacts[];
  /** Tenants at home in the region whose rows do not lie in the other one. */
  left: readonly string[];
  observersFresh: number;
  quorum: number;
  /** Of each of the two: tables whose commits do not ask its lease, and when that was looked at. */
  guards: readonly { region: string; unguarded: readonly string[]; at: string | null }[];
  /** Of the two, where it is not known who writes. */
  unknownRoles: readonly string[];
  /** State of the target in the registry. */
  target: string | null;
  /** What other systems say, where they are there; absent = not connected. */
  others: Partial<
    Record<'secrets' | 'images' | 'trust' | 'restore', { ready: boolean | null; found: string }>
  >;
}

const guardSql = (table: string) => `SELECT atom_region.guard('${table}');`;
const lookFreshMs = 15_000;
const parityFreshMs = 24 * 3_600_000;
const lagLimitSeconds = 10;

export function readinessRows(e: Evidence, now: number): ReadinessRow[] {
  const rows: ReadinessRow[] = [];
  const say = (
    id: string,
    title: string,
    result: ReadinessRow['result'],
    found: string,
    href: string | null = null,
  ) => rows.push({ id, title, result, found, href });
  const page = '/federation/replication';
  if (e.streams.length === 0)
    say('replication', 'Rows are replicated', 'not-ready', 'no stream leads there', page);
  for (const s of e.streams) {
    const href = `${page}?stream=${s.id}`;
    const stale = s.at === null || now - Date.parse(s.at) > lookFreshMs;
    if (stale || s.health === 'unknown')
      say(
        'replication',
        'Rows are replicated',
        'unknown',
        `${s.id}: ${stale ? 'not looked at lately' : s.why}`,
        href,
      );
    else
      say(
        'replication',
        'Rows are replicated',
        s.health === 'streaming' && (s.lagSeconds ?? 1e9) <= lagLimitSeconds ? 'ready' : 'not-ready',
        `${s.id}: ${s.why}`,
        href,
      );
    const open = s.parity.filter(
      p => p.state !== 'equal' || p.at === null || now - Date.parse(p.at) > parityFreshMs,
    );
    const differs = open.find(p => p.state === 'differs');
    say(
      'parity',
      'The mirror was compared and agrees',
      differs ? 'not-ready' : open.length > 0 || s.parity.length === 0 ? 'unknown' : 'ready',
      differs
        ? `${differs.table} differs`
        : open.length > 0
          ? `not compared within a day: ${open.map(p => p.table).join(', ')}`
          : 'every table agrees',
      href,
    );
  }
  say(
    'target',
    'The target takes part',
    e.target === 'active' ? 'ready' : e.target === null ? 'unknown' : 'not-ready',
    `it is ${e.target ?? 'not registered'}`,
    '/federation/regions',
  );
  for (const { region, unguarded, at } of e.guards) {
    const stale = at === null || now - Date.parse(at) > lookFreshMs;
    say(
      'guard',
      `Every table in ${region} asks the lease`,
      unguarded.length > 0 ? 'not-ready' : stale ? 'unknown' : 'ready',
      unguarded.length > 0
        ? `${unguarded.join(', ')} would be written there after the fence: ${unguarded.map(guardSql).join(' ')}`
        : stale
          ? 'not looked at lately'
          : 'every commit does',
    );
  }
  say(
    'roles',
    'Who may write is known',
    e.unknownRoles.length === 0 ? 'ready' : 'unknown',
    e.unknownRoles.length === 0
      ? 'in both'
      : `not in ${e.unknownRoles.join(' and ')}: it is confirmed or decided first`,
  );
  say(
    'observers',
    'Enough observers would see a loss',
    e.observersFresh >= e.quorum ? 'ready' : 'unknown',
    `${e.observersFresh} report, ${e.quorum} have to agree`,
  );
  const titles = {
    secrets: 'Secrets are the same',
    images: 'Images are the same',
    trust: 'The trust bundle is fresh',
    restore: 'A restore was proven lately',
  } as const;
  for (const [id, title] of Object.entries(titles)) {
    const other = e.others[id as keyof typeof titles];
    if (!other) say(id, title, 'not-connected', 'nothing reports it yet');
    else say(id, title, other.ready === null ? 'unknown' : other.ready ? 'ready' : 'not-ready', other.found);
  }
  if (e.left.length > 0)
    say(
      'tenants',
      'Tenants without a mirror there',
      'note',
      `${e.left.join(', ')} would be without their data`,
      '/federation/tenants',
    );
  return rows;
}

export function readinessOf(
  from: string,
  to: string,
  e: Evidence,
  simulated: boolean,
  now: number,
): Readiness {
  const rows = readinessRows(e, now);
  const open = rows.filter(r => r.result !== 'ready' && r.result !== 'note');
  const worst = (pick: (s: MirrorFacts) => number | null) =>
    e.streams.length === 0 || e.streams.some(s => pick(s) === null)
      ? null
      : Math.max(...e.streams.map(s => pick(s) ?? 0));
  return {
    from,
    to,
    ready: open.length === 0,
    verdict:
      open.length === 0
        ? `${from} can fail over to ${to} now.`
        : `${from} is not ready to fail over to ${to}: ${open.map(r => `${r.title.toLowerCase()} (${r.result === 'not-ready' ? r.found : r.result.replace('-', ' ')})`).join('; ')}.`,
    rows,
    lagBytes: worst(s => s.lagBytes),
    lagSeconds: worst(s => s.lagSeconds),
    simulated,
    at: new Date(now).toISOString(),
  };
}
