import { redactText } from '#kernel/redact/redact.ts';
import type { Kind, Outcome, Severity } from '../schema.ts';

export interface StoredMessage {
  id: string;
  groupKey: string;
  kind: Kind;
  severity: Severity;
  title: string;
  lines: { label: string; value: string }[];
  link: string;
  expiresAt: string | null;
  createdAt: string;
}

/** What a message says, ready for any channel: the same words everywhere, only the form differs. */
export interface Content {
  id: string;
  groupKey: string;
  kind: Kind;
  severity: Severity;
  /** Named by words as well as by colour. */
  badge: string;
  title: string;
  lines: { label: string; value: string }[];
  /** Opens the page where it is decided or looked at. Nothing is decided in a message. */
  url: string;
  action: string;
  expiry: string | null;
  footer: string;
  createdAt: string;
  expiresAt: string | null;
}

const badges: Record<Kind, string> = {
  approval: 'Approval',
  alert: 'Alert',
  security: 'Security',
  system: 'System',
};
const actions: Record<Kind, string> = {
  approval: 'Review in the console',
  alert: 'Open the alert',
  security: 'Look at it in the console',
  system: 'Open in the console',
};
const grades: Record<Severity, string> = { info: '', warning: ', warning', critical: ', critical' };

export const outcomeWords: Record<Outcome, string> = {
  decided: 'This matter is settled. Nothing is left to do here.',
  expired: 'The time for this matter has run out. Nothing can be decided here any more.',
  withdrawn: 'This matter was withdrawn. Nothing is left to do here.',
};

/** The last door before the words leave: addresses and tokens that slipped into a text do not pass it. */
export function contentOf(message: StoredMessage, publicUrl: string): Content {
  return {
    id: message.id,
    groupKey: message.groupKey,
    kind: message.kind,
    severity: message.severity,
    badge: badges[message.kind] + grades[message.severity],
    title: redactText(message.title),
    lines: message.lines.map(line => ({ label: line.label, value: redactText(line.value) })),
    url: new URL(message.link, publicUrl).href,
    action: actions[message.kind],
    expiry: message.expiresAt === null ? null : `Open until ${utc(message.expiresAt)}`,
    footer:
      message.kind === 'approval'
        ? 'You decide in the console, with your second factor; nothing can be decided from this message.'
        : 'Sent by ATOM Console.',
    createdAt: message.createdAt,
    expiresAt: message.expiresAt,
  };
}

const utc = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
