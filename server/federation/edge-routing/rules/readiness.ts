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
  /** Whether the switch could make the stream that leads back; null = it could not be asked. */
  back: { ready: boolean | null; found: string };
}

export interface Evidence {
  streams: readonly MirrorFacts[];
  /** Streams of the pair that carry nothing yet: a failover would go on without their rows. */
  idle: readonly { id: string; why: string }[];
  /** Tenants at home in the region whose rows do not lie in the other one. */
  left: readonly string[];
  /** Tenants that are mirrored there and may not be written there. */
  refused: readonly { tenant: string; reason: string }[];
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
    Record<
      'secrets' | 'images' | 'trust' | 'restore' | 'region-restore',
      { ready: boolean | null; found: string }
    >
  >;
}

/** What is not there is said to be missing, not to fail. */
const notConnected: Record<keyof Evidence['others'], string> = {
  secrets: 'no system of this console compares the secrets of two regions yet',
  images: 'no system of this console compares the images of two regions yet',
  trust: 'no bundle is held',
  restore: 'nothing restores it',
  'region-restore': 'the console restores and proves copies of its own database only; none of a region’s',
};

const mends: Record<string, string> = {
  replication:
    'Make a stream there, or mend the one that does not flow; it has to stream, at most 10 s behind.',
  parity: 'Compare the stream with its mirror: every table has to agree, within a day.',
  'way-back':
    'Run what is said there on that region’s database; without it the switch fails where it cuts the stream.',
  residency: 'Change what the tenant or the rules allow, or carry it elsewhere.',
  target: 'Wait until it is active, or readmit it.',
  observers: 'Have more observers report: the console, the other regions, or POST /failover/observations.',
  guard: 'Run what is said there on that region’s database; it is looked at again by itself.',
  roles: 'Wait until the regions agree, or decide who writes.',
  secrets: 'Nothing can make it ready yet: look yourself, and say so in the reason.',
  images: 'Nothing can make it ready yet: look yourself, and say so in the reason.',
  trust: 'Have an active member with a bundle that is fresh: page Trust.',
  restore: 'Run a drill on the page Recovery; it counts for a day.',
  'region-restore':
    'Nothing can make it ready yet: have whoever backs that database up prove it, and say so in the reason.',
};

const mendOf = (id: string, result: ReadinessRow['result']): string | null =>
  result === 'ready' || result === 'note' ? null : (mends[id] ?? null);

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
  ) => rows.push({ id, title, result, found, mend: mendOf(id, result), href });
  const page = '/federation/replication';
  if (e.streams.length === 0 && e.idle.length === 0)
    say('replication', 'Rows are replicated', 'not-ready', 'no stream leads there', page);
  for (const { id, why } of e.idle)
    say('replication', 'Rows are replicated', 'not-ready', `${id}: ${why}`, `${page}?stream=${id}`);
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
        ? `${s.id}: ${differs.table} differs`
        : open.length > 0
          ? `${s.id}: not compared within a day: ${open.map(p => p.table).join(', ')}`
          : `${s.id}: every table agrees`,
      href,
    );
    say(
      'way-back',
      'Way back',
      s.back.ready === null ? 'unknown' : s.back.ready ? 'ready' : 'not-ready',
      `${s.id}: ${s.back.found}`,
      href,
    );
  }
  if (e.refused.length > 0 || e.streams.length > 0)
    say(
      'residency',
      'Every mirrored tenant may be written there',
      e.refused.length === 0 ? 'ready' : 'not-ready',
      e.refused.length === 0
        ? 'residency, consent and border rules allow it'
        : e.refused.map(r => r.reason).join('; '),
      '/federation/tenants',
    );
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
    restore: 'A restore of the console’s own database was proven lately',
    'region-restore': 'A restore of the region’s database was proven lately',
  } as const;
  for (const [id, title] of Object.entries(titles)) {
    const other = e.others[id as keyof typeof titles];
    if (!other) say(id, title, 'not-connected', notConnected[id as keyof typeof titles]);
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
  const state =
    (['not-ready', 'unknown', 'not-connected'] as const).find(s => open.some(r => r.result === s)) ?? 'ready';
  const worst = (pick: (s: MirrorFacts) => number | null) =>
    e.streams.length === 0 || e.streams.some(s => pick(s) === null)
      ? null
      : Math.max(...e.streams.map(s => pick(s) ?? 0));
  return {
    from,
    to,
    ready: open.length === 0,
    state,
    verdict:
      state === 'ready'
        ? `${from} can fail over to ${to} now.`
        : state === 'not-connected'
          ? `Everything that this console can see lets ${from} fail over to ${to}; not connected: ${open.map(r => r.title.toLowerCase()).join('; ')}.`
          : `${from} is not ready to fail over to ${to}: ${open.map(r => `${r.title.toLowerCase()} (${r.result === 'not-ready' ? r.found : r.result.replace('-', ' ')})`).join('; ')}.`,
    rows,
    refused: [...e.refused],
    lagBytes: worst(s => s.lagBytes),
    lagSeconds: worst(s => s.lagSeconds),
    simulated,
    at: new Date(now).toISOString(),
  };
}
