import type { Outcome } from '../schema.ts';
import { type Content, outcomeWords } from './content.ts';

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A message may have 4096 characters; lines that would not fit are counted instead of cut in half. */
const longest = 3800;

/** Telegram refuses buttons that lead to names it cannot resolve, so a local console shows its link as text. */
const reachable = (url: string) => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' && hostname.includes('.') && !/^[\d.]+$/.test(hostname);
};

export function telegramMessage(content: Content, nonce: string) {
  const head = [`<b>${escaped(content.title)}</b>`, `<i>${escaped(content.badge)}</i>`, ''];
  const tail = [
    ...(content.expiry ? ['', escaped(content.expiry)] : []),
    '',
    ...(reachable(content.url) ? [] : [escaped(content.url)]),
    escaped(content.footer),
  ];
  let room = longest - [...head, ...tail].join('\n').length;
  const body: string[] = [];
  for (const [i, line] of content.lines.entries()) {
    const text = `<b>${escaped(line.label)}</b>: ${escaped(line.value)}`;
    if (text.length + 1 > room) {
      body.push(`and ${content.lines.length - i} more in the console`);
      break;
    }
    room -= text.length + 1;
    body.push(text);
  }
  return {
    text: [...head, ...body, ...tail].join('\n'),
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
    reply_markup: {
      inline_keyboard: [
        reachable(content.url)
          ? [{ text: content.action, url: content.url }]
          : [{ text: 'Show the link', callback_data: nonce }],
      ],
    },
  };
}

export const telegramRetired = (content: Content, outcome: Outcome) => ({
  text: [`<s>${escaped(content.title)}</s>`, escaped(outcomeWords[outcome]), '', escaped(content.url)].join(
    '\n',
  ),
  parse_mode: 'HTML',
  link_preview_options: { is_disabled: true },
  reply_markup: { inline_keyboard: [] },
});
