import type { Channel, Kind, Message } from '../schema.ts';

export interface Reader {
  id: string;
  email: string | null;
}

export interface Preference {
  mail: readonly string[];
  slack: readonly string[];
  telegram: readonly string[];
  quietFrom: number | null;
  quietTo: number | null;
  timeZone: string;
  slackMember: string | null;
  telegramChat: string | null;
}

export interface Planned {
  channel: Channel;
  /** `shared`, `user:ID`, `fallback`, or `endpoint:ID`. */
  recipient: string;
  notBefore: Date;
}

interface Given {
  message: Message;
  readers: readonly Reader[];
  preferences: ReadonlyMap<string, Preference>;
  endpoints: readonly { id: string; kinds: readonly string[] }[];
  /** Somebody to write to when nobody else has an address. */
  fallback: boolean;
  now: Date;
}

const wants = (list: readonly string[], kind: Kind) => list.includes(kind);

/**
 * Who is told over what. A security notice about named people is theirs alone; everything else goes to the shared
 * channels and endpoints as well. The in-console inbox needs no plan: it reads the message itself.
 */
export function planDeliveries({
  message,
  readers,
  preferences,
  endpoints,
  fallback,
  now,
}: Given): Planned[] {
  const planned: Planned[] = [];
  const shared = (message.to.roles?.length ?? 0) > 0 || message.kind !== 'security';
  if (shared) {
    planned.push({ channel: 'slack', recipient: 'shared', notBefore: now });
    planned.push({ channel: 'telegram', recipient: 'shared', notBefore: now });
    for (const endpoint of endpoints)
      if (wants(endpoint.kinds, message.kind))
        planned.push({ channel: 'webhook', recipient: `endpoint:${endpoint.id}`, notBefore: now });
  }
  for (const reader of readers) {
    const said = preferences.get(reader.id);
    const notBefore = message.severity === 'critical' || !said ? now : quietUntil(now, said);
    const recipient = `user:${reader.id}`;
    if (reader.email !== null && (!said || wants(said.mail, message.kind)))
      planned.push({ channel: 'mail', recipient, notBefore });
    if (said?.slackMember && wants(said.slack, message.kind))
      planned.push({ channel: 'slack', recipient, notBefore });
    if (said?.telegramChat && wants(said.telegram, message.kind))
      planned.push({ channel: 'telegram', recipient, notBefore });
  }
  if (shared && fallback && readers.every(reader => reader.email === null))
    planned.push({ channel: 'mail', recipient: 'fallback', notBefore: now });
  return planned;
}

const dayMinutes = 1440;

/** The end of the quiet hours if they hold now, else now. They may reach over midnight. */
export function quietUntil(
  now: Date,
  { quietFrom, quietTo, timeZone }: Pick<Preference, 'quietFrom' | 'quietTo' | 'timeZone'>,
): Date {
  if (quietFrom === null || quietTo === null || quietFrom === quietTo) return now;
  const minute = minuteOfDay(now, timeZone);
  const quiet =
    quietFrom < quietTo ? minute >= quietFrom && minute < quietTo : minute >= quietFrom || minute < quietTo;
  if (!quiet) return now;
  const left = (quietTo - minute + dayMinutes) % dayMinutes;
  return new Date(Math.floor(now.getTime() / 60_000) * 60_000 + left * 60_000);
}

function minuteOfDay(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const of = (type: 'hour' | 'minute') => Number(parts.find(part => part.type === type)?.value ?? 0);
  return of('hour') * 60 + of('minute');
}
