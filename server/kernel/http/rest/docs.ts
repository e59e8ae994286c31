import { createHash } from 'node:crypto';
import type { OpenApiDocument, Operation } from './openapi.ts';
import type { FieldSchema } from './routes.ts';

interface Shown {
  path: string;
  method: string;
  op: Operation;
}

/** A readable page made of the document alone: no script, nothing from outside. `titles` names the groups. */
export function docsPage(doc: OpenApiDocument, titles: Readonly<Record<string, string>> = {}): string {
  const shown = Object.entries(doc.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]): Shown => ({ path, method: method.toUpperCase(), op })),
  );
  const groups = [...new Set(shown.map(o => o.op.tags[0] ?? ''))].map(tag => ({
    title: titles[tag] ?? tag,
    operations: shown.filter(o => (o.op.tags[0] ?? '') === tag),
  }));
  const nav = groups
    .map(
      ({ title, operations }) =>
        `<h2>${esc(title)}</h2><ul>${operations.map(o => `<li><a href="#${esc(o.op.operationId)}">${esc(o.op.summary)}${badge(o.method)}</a></li>`).join('')}</ul>`,
    )
    .join('');
  const server = doc.servers[0]?.url ?? '';
  const body = groups
    .map(
      ({ title, operations }) =>
        `<h2 class="group">${esc(title)}</h2>${operations.map(o => section(o, server)).join('')}`,
    )
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${esc(doc.info.title)}</title><style>${style}</style></head><body><a class="skip" href="#main">Skip to the operations</a><nav aria-label="Operations"><p class="name">${esc(doc.info.title)}</p>${nav}</nav><main id="main"><header><h1>${esc(doc.info.title)}</h1><p>${esc(doc.info.description)}</p><p>Base address <code>${esc(server)}</code>. Send a token as <code>Authorization: Bearer …</code>. With an <code>Idempotency-Key</code> a repeated command has one effect.</p></header>${body}</main></body></html>`;
}

const badge = (method: string) => `<b class="${esc(method)}">${esc(method)}</b>`;

function section({ path, method, op }: Shown, server: string): string {
  const parameters = op.parameters.map(p =>
    row(
      p.name,
      `${kind(p.schema)} in ${p.in}`,
      p.required,
      [p.description, limits(p.schema)].filter(Boolean).join(' '),
    ),
  );
  const body = op.requestBody?.content['application/json'].schema;
  const [status = '200', done] = Object.entries(op.responses)[0] ?? [];
  const output = done?.content?.['application/json']?.schema as FieldSchema | undefined;
  const answers = Object.entries(op.responses).map(
    ([code, r]) => `<tr><td><code>${esc(code)}</code></td><td>${esc(r.description)}</td></tr>`,
  );
  return `<section id="${esc(op.operationId)}"><div class="what"><h3>${esc(op.summary)}</h3><p class="path">${badge(method)} <code>${esc(path)}</code></p>${op['x-permission'] ? `<p class="dim">Needs the permission <code>${esc(op['x-permission'])}</code>.</p>` : ''}${parameters.length > 0 ? `<h4>Parameters</h4><dl>${parameters.join('')}</dl>` : ''}${body ? `<h4>Body</h4><dl>${fields(body)}</dl>` : ''}<h4>Answers</h4><table><tbody>${answers.join('')}</tbody></table></div><div class="how"><h4>Request</h4><pre tabindex="0">${esc(curl(method, server + path, body, op))}</pre>${output ? `<h4>Answer ${esc(status)}</h4><pre tabindex="0">${esc(JSON.stringify(example(output), null, 2))}</pre>` : ''}</div></section>`;
}

const row = (name: string, type: string, required: boolean, text: string) =>
  `<dt><code>${esc(name)}</code> <span>${esc(type)}</span>${required ? ' <em>required</em>' : ''}</dt><dd>${esc(text)}</dd>`;

const fields = (schema: FieldSchema): string =>
  Object.entries(schema.properties ?? {})
    .map(([name, field]) =>
      row(
        name,
        kind(field),
        (schema.required ?? []).includes(name) && field.default === undefined,
        limits(field),
      ),
    )
    .join('');

const options = (schema: FieldSchema) => ((schema.anyOf ?? schema.oneOf) as FieldSchema[] | undefined) ?? [];

function kind(schema: FieldSchema): string {
  if (schema.type === 'array') return `list of ${kind(schema.items ?? {})}`;
  if (options(schema).length > 0) return options(schema).map(kind).join(' or ');
  return schema.type ?? 'any';
}

function limits(schema: FieldSchema): string {
  const values = (schema.enum ?? schema.items?.enum) as unknown[] | undefined;
  const number = (name: string) => (Math.abs(Number(schema[name])) < 2 ** 53 - 1 ? schema[name] : undefined);
  return [
    typeof schema.description === 'string' ? schema.description : '',
    values ? `One of ${values.join(', ')}.` : '',
    number('minimum') === undefined ? '' : `At least ${number('minimum')}.`,
    number('maximum') === undefined ? '' : `At most ${number('maximum')}.`,
    schema.maxLength === undefined ? '' : `At most ${schema.maxLength} characters.`,
    schema.default === undefined ? '' : `By default ${JSON.stringify(schema.default)}.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** A value of the schema's shape, so that an answer and a body can be seen and not only be read about. */
function example(schema: FieldSchema, depth = 0): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [first] = options(schema);
  if (first) return example(first, depth);
  if (depth > 6) return '…';
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [name, example(field, depth + 1)]),
      );
    case 'array':
      return [example(schema.items ?? {}, depth + 1)];
    case 'integer':
    case 'number':
      return Math.max(0, Number(schema.minimum ?? 0));
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return schema.type === 'string' ? 'text' : {};
  }
}

function curl(method: string, url: string, body: FieldSchema | undefined, op: Operation): string {
  const keyed = op.parameters.some(p => p.name === 'Idempotency-Key');
  return [
    `curl ${method === 'GET' ? '' : `-X ${method} `}"${url}"`,
    '-H "Authorization: Bearer $TOKEN"',
    ...(keyed ? ['-H "Idempotency-Key: $(uuidgen)"'] : []),
    ...(body
      ? [
          '-H "Content-Type: application/json"',
          `-d '${JSON.stringify(example(body)).replaceAll("'", "'\\''")}'`,
        ]
      : []),
  ].join(' \\\n  ');
}

const esc = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c] ?? c,
  );

const style = `:root{color-scheme:light dark;--bg:#f7f7f5;--surface:#fff;--sunken:#f1f1ee;--line:#e4e4df;--ink:#1b1c1a;--ink-2:#565852;--accent:#2f5bd7;--ok:#17704a;--bad:#b52626;--watch:#875600;--font:"Inter Variable",Inter,system-ui,sans-serif;--mono:"JetBrains Mono Variable",ui-monospace,monospace}
@media(prefers-color-scheme:dark){:root{--bg:#121312;--surface:#1a1b1a;--sunken:#151615;--line:#2a2c2a;--ink:#ecedea;--ink-2:#aeb1aa;--accent:#86a5ff;--ok:#56c88b;--bad:#ff8078;--watch:#e4b04a}}
*{box-sizing:border-box;margin:0}html{scroll-padding-top:16px}body{background:var(--bg);color:var(--ink);font:14px/1.5 var(--font);display:flex;align-items:flex-start}
code,pre{font:12px/1.5 var(--mono)}a{color:inherit}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--surface);padding:8px;z-index:1}
nav{flex:0 0 272px;height:100vh;position:sticky;top:0;overflow:auto;padding:24px 16px;border-right:1px solid var(--line)}nav .name{font-weight:600}nav h2{margin:20px 0 4px;font-size:12px;color:var(--ink-2);font-weight:550}nav ul{list-style:none;padding:0}
nav a{display:flex;justify-content:space-between;gap:8px;padding:4px 8px;margin:0 -8px;border-radius:6px;text-decoration:none;font-size:13px}nav a:hover{background:var(--sunken)}
b{font:600 10px/20px var(--mono);color:var(--ok)}b.POST{color:var(--accent)}b.PATCH,b.PUT{color:var(--watch)}b.DELETE{color:var(--bad)}.path b{font-size:12px}
main{flex:1;min-width:0;padding:24px 40px 96px;max-width:1280px}h1{font-size:22px;margin-bottom:8px}header p,.dim,dd{color:var(--ink-2)}header p{max-width:64ch;margin-bottom:6px}.group{font-size:18px;margin:40px 0 0}
section{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:40px;padding:28px 0;border-bottom:1px solid var(--line)}h3{font-size:15px}h4{font-size:12px;margin:18px 0 6px;color:var(--ink-2);font-weight:550}.how h4:first-child{margin-top:0}.how{position:sticky;top:16px;align-self:start}
dt{padding-top:8px;border-top:1px solid var(--line)}dt span{color:var(--ink-2);font-size:12px}dt em{color:var(--watch);font-size:12px;font-style:normal}dd{padding-bottom:8px;font-size:13px;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:13px}td{padding:4px 12px 4px 0;vertical-align:top;border-top:1px solid var(--line)}
pre{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:12px;overflow:auto;max-height:420px}
@media(max-width:900px){body{display:block}nav{height:auto;position:static;border-right:0;border-bottom:1px solid var(--line)}main{padding:24px 16px}section{display:block}.how{position:static}}`;

/** The page's own policy: this one style sheet and nothing else. */
export const docsPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
