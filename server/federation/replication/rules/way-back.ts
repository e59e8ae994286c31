import type { Check } from '../schema.ts';
import type { Facts, WantedStream } from './facts.ts';
import { sayInto, serverChecks } from './preflight.ts';
import { publisherTable, subscriberTable } from './preflight-tables.ts';

/** Of its tables only what would refuse a write at the mirror, or the first row at home. Nothing is copied on the way back. */
const ofTables: readonly string[] = [
  'publisher.identity',
  'publisher.filter',
  'subscriber.apply',
  'subscriber.bypass',
];

const turned = { publisher: 'subscriber', subscriber: 'publisher' } as const;

/**
 * What a switch asks of the two: the mirror publishes then, and its slot is made before anybody may write there; who
 * published follows; all streams of the two are cut at once. The facts are those of that direction; sides are named as they are in the stream that is there now.
 */
export function wayBackChecks(
  wanted: WantedStream,
  { publisher, subscriber }: Facts,
  streams: number,
): Check[] {
  const checks: Check[] = [];
  serverChecks(sayInto(checks), wanted, { publisher, subscriber }, streams);
  const tables: Check[] = [];
  for (const { table, columns } of wanted.tables) {
    if (publisher.tables[table]) publisherTable(sayInto(tables), publisher, table, columns, wanted);
    if (subscriber.tables[table])
      subscriberTable(sayInto(tables), subscriber, publisher.tables[table] ?? null, table, columns);
  }
  return [...checks, ...tables.filter(c => ofTables.includes(c.id))].map(c => ({
    ...c,
    id: `back.${c.id}`,
    side: c.side === 'console' ? c.side : turned[c.side],
    title: `For the way back: ${c.title}`,
  }));
}

/** Before there is a stream it keeps none from being made; a server that is silent is named there already. */
export const wayBackWarnings = (wanted: WantedStream, facts: Facts, streams: number): Check[] =>
  wayBackChecks(wanted, facts, streams)
    .filter(c => c.result !== 'unknown')
    .map(c => (c.result === 'fail' ? { ...c, result: 'warn' } : c));

export interface WayBack {
  /** Null = it could not be asked. */
  ready: boolean | null;
  found: string;
}

/** In one sentence, with the SQL that mends it: `mirror` is who would publish, `home` who would follow. */
export function wayBackOf(checks: readonly Check[], mirror: string, home: string): WayBack {
  const at = (c: Check) => (c.side === 'subscriber' ? mirror : home);
  const failed = checks.filter(c => c.result === 'fail');
  if (failed.length > 0)
    return {
      ready: false,
      found: failed
        .map(
          c =>
            `${at(c)}${c.table ? `, ${c.table}` : ''}: ${c.found}${c.mend ? `: ${c.mend.replaceAll('\n', ' ')}` : ''}${c.restart ? ' (and a restart)' : ''}`,
        )
        .join('; '),
    };
  const silent = checks.find(c => c.result === 'unknown');
  return silent
    ? { ready: null, found: silent.found }
    : { ready: true, found: `${mirror} could publish, and ${home} follow` };
}
