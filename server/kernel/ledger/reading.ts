import type { EntryBody, Json } from './event.ts';

/** What became of what was asked: the ledger also keeps what did not happen. */
export const outcomes = ['done', 'refused', 'failed', 'requested', 'noted'] as const;
export type Outcome = (typeof outcomes)[number];

/** What a sentence is made of: the entry's own facts and the names the reader may see; nothing else. */
export interface EventFacts {
  /** The name of who acted. */
  who: string;
  /** The name, or else the id, of what it was about. */
  what: string;
  kind: string;
  id: string;
  tenant: string;
  /** A detail as text; empty where the entry does not say it. */
  said(key: string): string;
  /** The names of all details, in the entry's order. */
  details: readonly string[];
}

export interface EventReading {
  /** One sentence without its full stop, in the past tense; the reason is added after it where the entry has one. */
  reads(facts: EventFacts): string;
  /** `done` unless said otherwise. */
  outcome?: Outcome;
  /** Something that the console notes about itself all the time: lists leave it out unless asked for it. */
  routine?: true;
}

export interface DeclaredEvent extends EventReading {
  type: string;
  /** Router key of the system that declared it. */
  system: string;
  outcome: Outcome;
}

const declared = new Map<string, DeclaredEvent>();

/** Each system says in its `events.ts` which event types it writes and how each one reads. */
export function declareEvents<const T extends Record<`${string}.${string}`, EventReading>>(
  system: string,
  events: T,
): T {
  for (const [type, reading] of Object.entries(events)) {
    const known = declared.get(type);
    if (known && known.system !== system)
      throw new Error(`The event ${type} is declared by ${known.system} and by ${system}.`);
    declared.set(type, { ...reading, outcome: reading.outcome ?? 'done', type, system });
  }
  return events;
}

export const declaredEvents = (): DeclaredEvent[] =>
  [...declared.values()].sort((a, b) => a.type.localeCompare(b.type));
export const declaredEvent = (type: string): DeclaredEvent | undefined => declared.get(type);

/** An entry of a type that no system declares (any more) still reads: "tenant.merged" of t1 is "Tenant t1 merged". */
const plain: EventReading = {
  reads: facts => {
    const [noun = '', verb = ''] = facts.said('$type').split('.');
    const subject = !facts.kind
      ? noun
      : facts.kind === noun
        ? `${noun} ${facts.what}`
        : `${noun} of ${facts.kind} ${facts.what}`;
    return `${subject} ${verb}`.replaceAll('_', ' ');
  },
};

export interface EntryNames {
  actor?: string | null;
  target?: string | null;
}

export function sentenceOf(
  entry: Pick<EntryBody, 'type' | 'actor' | 'target' | 'tenant' | 'detail'>,
  names: EntryNames = {},
): string {
  const reading = declared.get(entry.type) ?? plain;
  const text = reading.reads({
    who: actorWords(entry.actor, names.actor),
    what: names.target || entry.target?.id || 'something unnamed',
    kind: entry.target?.kind ?? '',
    id: entry.target?.id ?? '',
    tenant: entry.tenant ?? '',
    said: key => (key === '$type' ? entry.type : words(entry.detail[key])),
    details: Object.keys(entry.detail),
  });
  const reason = words(entry.detail.reason);
  // A detail that an entry does not say leaves no hole in its sentence.
  const whole = text
    .replace(/\s+([,;:])/g, '$1')
    .replace(/\s{2,}/g, ' ')
    .trim();
  return `${whole.charAt(0).toUpperCase()}${whole.slice(1)}${reason && !whole.includes(reason) ? `: ${reason}` : ''}`;
}

function actorWords({ kind, id }: EntryBody['actor'], name: string | null | undefined): string {
  if (kind === 'system') return `the console (${id})`;
  if (kind === 'simulation') return 'a caller of the simulated world';
  if (kind === 'anonymous') return 'somebody who had not signed in';
  if (kind === 'user') return name || `user ${id}`;
  return `${kind} ${name || id}`;
}

/** A value as a person reads it: lists with commas, yes and no, nothing for nothing. */
export function words(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object') {
    if (!Array.isArray(value)) return JSON.stringify(value);
    return value.map(words).join(', ');
  }
  return String(value);
}
