import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Outcome } from '../schema.ts';
import { type Content, outcomeWords } from './content.ts';

/** Slack's own three control characters; everything else is text. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
const struck = (text: string) => `~${escaped(text).replaceAll('~', '∼')}~`;

/** Block Kit. The button opens the console; it carries an opaque nonce, and nothing that could decide. */
export function slackMessage(content: Content, nonce: string) {
  return {
    text: `${content.badge}: ${escaped(content.title)} ${content.url}`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(content.title, 150) } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(content.badge) }] },
      ...(content.lines.length > 0 ? fields(content) : []),
      ...(content.expiry
        ? [{ type: 'context', elements: [{ type: 'mrkdwn', text: escaped(content.expiry) }] }]
        : []),
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            text: { type: 'plain_text', text: content.action },
            url: content.url,
            action_id: 'open',
            value: nonce,
            ...(content.kind === 'approval' ? { style: 'primary' } : {}),
          },
        ],
      },
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(content.footer) }] },
    ],
  };
}

/** A section takes ten fields; more lines take more sections. */
function fields(content: Content) {
  const of = (line: { label: string; value: string }) => ({
    type: 'mrkdwn',
    text: cut(`*${escaped(line.label)}*\n${escaped(line.value)}`, 2000),
  });
  const sections = [];
  for (let i = 0; i < content.lines.length; i += 10)
    sections.push({ type: 'section', fields: content.lines.slice(i, i + 10).map(of) });
  return sections;
}

/** The same message once its matter is settled: struck out, without a button. */
export function slackRetired(content: Content, outcome: Outcome) {
  const text = `${struck(content.title)}\n${escaped(outcomeWords[outcome])}`;
  return {
    text: `${content.title}: ${outcomeWords[outcome]}`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `<${content.url}|See what became of it>` }] },
    ],
  };
}

const skewSeconds = 300;

/** Slack's own scheme: `v0=` HMAC-SHA256 over `v0:{timestamp}:{raw body}`, at most five minutes old. */
export function slackSignatureFault(
  given: { timestamp: string | null; signature: string | null; body: string },
  secret: string,
  now: Date,
): 'unsigned' | 'stale' | 'forged' | null {
  if (!given.timestamp || !given.signature || !/^\d{1,15}$/.test(given.timestamp)) return 'unsigned';
  const wanted = Buffer.from(
    `v0=${createHmac('sha256', secret).update(`v0:${given.timestamp}:${given.body}`).digest('hex')}`,
  );
  const found = Buffer.from(given.signature);
  // The signature first: how old a forgery claims to be is nobody's business.
  if (wanted.length !== found.length || !timingSafeEqual(wanted, found)) return 'forged';
  return Math.abs(now.getTime() / 1000 - Number(given.timestamp)) > skewSeconds ? 'stale' : null;
}
