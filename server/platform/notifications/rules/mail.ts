import type { Outcome, Severity } from '../schema.ts';
import { type Content, outcomeWords } from './content.ts';

export interface Mail {
  subject: string;
  text: string;
  html: string;
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ').trim();

const edge: Record<Severity, string> = { info: '#2f6f4f', warning: '#b7791f', critical: '#b3261e' };

/**
 * One template. Colours stand inline for clients that drop style sheets, and again for the dark theme in classes that
 * override them; no image, no font and no style is fetched from anywhere.
 */
function page(part: {
  severity: Severity;
  preheader: string;
  badge: string;
  title: string;
  lines: Content['lines'];
  note: string | null;
  action: { label: string; url: string; strong: boolean };
  footer: string;
}): string {
  const rows = part.lines
    .map(
      line => `<tr><td class="label" style="padding:6px 16px 6px 0;color:#5b6068;vertical-align:top;width:30%">${escaped(line.label)}</td>
<td class="ink" style="padding:6px 0;color:#16181d;vertical-align:top;overflow-wrap:anywhere;word-break:break-word">${escaped(line.value)}</td></tr>`,
    )
    .join('\n');
  const button = part.action.strong
    ? `<a class="button" href="${escaped(part.action.url)}" style="display:inline-block;padding:11px 20px;border-radius:6px;background:#16181d;color:#ffffff;font-weight:600;text-decoration:none">${escaped(part.action.label)}</a>`
    : `<a class="link" href="${escaped(part.action.url)}" style="color:#16181d">${escaped(part.action.label)}</a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escaped(part.title)}</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .paper { background: #111317 !important; }
  .card { background: #1a1d23 !important; border-top-color: #31353d !important; border-right-color: #31353d !important; border-bottom-color: #31353d !important; }
  .ink { color: #eceef2 !important; }
  .label, .quiet { color: #a3a9b4 !important; }
  .link { color: #eceef2 !important; }
  .button { background: #eceef2 !important; color: #111317 !important; }
  .rule { border-color: #31353d !important; }
}
@media (max-width: 480px) {
  .card { padding: 20px !important; }
  .button { display: block !important; text-align: center !important; }
}
</style>
</head>
<body class="paper" style="margin:0;padding:0;background:#f4f4f2">
<div style="display:none;max-height:0;overflow:hidden">${escaped(part.preheader)}</div>
<table role="presentation" class="paper" width="100%" cellpadding="0" cellspacing="0" style="background:#f4f4f2"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5">
<tr><td class="card" style="padding:28px;background:#ffffff;border:1px solid #deded9;border-left:4px solid ${edge[part.severity]};border-radius:8px;text-align:left">
<p class="quiet" style="margin:0 0 6px;color:#5b6068;font-size:13px">${escaped(part.badge)}</p>
<h1 class="ink" style="margin:0 0 16px;color:#16181d;font-size:20px;line-height:1.3;font-weight:600;overflow-wrap:anywhere">${escaped(part.title)}</h1>
${rows ? `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 16px;font-size:14px">\n${rows}\n</table>` : ''}
${part.note ? `<p class="ink" style="margin:0 0 20px;color:#16181d">${escaped(part.note)}</p>` : ''}
<p style="margin:0 0 20px">${button}</p>
<p class="quiet rule" style="margin:0;padding-top:14px;border-top:1px solid #deded9;color:#5b6068;font-size:13px">${escaped(part.footer)}<br>
<span style="overflow-wrap:anywhere;word-break:break-all">${escaped(part.action.url)}</span></p>
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
}

const marks: Record<Severity, string> = { info: '', warning: '', critical: 'Critical: ' };

export function mailOf(content: Content): Mail {
  return {
    subject: oneLine(`${marks[content.severity]}${content.title}`),
    text: [
      content.title,
      content.badge,
      '',
      ...content.lines.map(line => `${line.label}: ${line.value}`),
      ...(content.lines.length > 0 ? [''] : []),
      ...(content.expiry ? [content.expiry, ''] : []),
      `${content.action}:`,
      content.url,
      '',
      content.footer,
      '',
    ].join('\n'),
    html: page({
      severity: content.severity,
      preheader: content.lines.map(line => `${line.label}: ${line.value}`).join(' · ') || content.badge,
      badge: content.badge,
      title: content.title,
      lines: content.lines,
      note: content.expiry,
      action: { label: content.action, url: content.url, strong: true },
      footer: content.footer,
    }),
  };
}

/** Mail cannot be taken back, so a settled matter is followed up in the same thread. */
export function mailRetired(content: Content, outcome: Outcome): Mail {
  const words = outcomeWords[outcome];
  return {
    subject: oneLine(`Re: ${marks[content.severity]}${content.title}`),
    text: [content.title, '', words, '', 'See what became of it:', content.url, ''].join('\n'),
    html: page({
      severity: 'info',
      preheader: words,
      badge: `${content.badge}, ${outcome}`,
      title: content.title,
      lines: [],
      note: words,
      action: { label: 'See what became of it', url: content.url, strong: false },
      footer: 'Sent by ATOM Console, because the message before this one is out of date.',
    }),
  };
}
