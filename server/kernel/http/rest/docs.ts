import type { OpenApiDocument } from './openapi.ts';

/** A readable page made of the document alone: no script, nothing from outside. */
export function docsPage(doc: OpenApiDocument): string {
  const operations = Object.entries(doc.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => ({
      path,
      method: method.toUpperCase(),
      op: op as Operation,
    })),
  );
  const tags = [...new Set(operations.map(o => o.op.tags[0] ?? ''))];
  const nav = tags
    .map(
      tag =>
        `<h3>${esc(tag)}</h3>${operations
          .filter(o => o.op.tags[0] === tag)
          .map(
            o => `<a href="#${o.op.operationId}"><b class="${o.method}">${o.method}</b> ${esc(o.path)}</a>`,
          )
          .join('')}`,
    )
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${esc(doc.info.title)}</title><style>${style}</style></head><body><nav><h2>${esc(doc.info.title)}</h2><p>${esc(doc.info.description)}</p>${nav}</nav><main>${operations.map(o => section(o, doc.servers[0]?.url ?? '')).join('')}</main></body></html>`;
}

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  'x-permission'?: string;
  parameters: { name: string; in: string; required: boolean; schema: { type?: string; enum?: string[] } }[];
  requestBody?: { content: { 'application/json': { schema: object } } };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

function section(
  { path, method, op }: { path: string; method: string; op: Operation },
  server: string,
): string {
  const params = op.parameters
    .map(
      p =>
        `<tr><td><code>${esc(p.name)}</code></td><td>${p.in}</td><td>${esc(p.schema.enum?.join(' | ') ?? p.schema.type ?? '')}</td><td>${p.required ? 'required' : ''}</td></tr>`,
    )
    .join('');
  const body = op.requestBody
    ? `<h4>Body</h4><pre>${esc(JSON.stringify(op.requestBody.content['application/json'].schema, null, 2))}</pre>`
    : '';
  const answers = Object.entries(op.responses)
    .map(([status, r]) => `<tr><td><code>${status}</code></td><td>${esc(r.description)}</td></tr>`)
    .join('');
  const curl = `curl ${method === 'GET' ? '' : `-X ${method} `}-H "Authorization: Bearer $TOKEN"${op.requestBody ? ' -H "Content-Type: application/json" -d @body.json' : ''} ${server}${path}`;
  return `<section id="${op.operationId}"><h2>${esc(op.summary)}</h2><p class="path"><b class="${method}">${method}</b> <code>${esc(path)}</code> ${op['x-permission'] ? `<span>needs ${esc(op['x-permission'])}</span>` : ''}</p><pre>${esc(curl)}</pre>${params ? `<h4>Parameters</h4><table>${params}</table>` : ''}${body}<h4>Answers</h4><table>${answers}</table></section>`;
}

const esc = (text: string): string =>
  text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);

const style = `:root{--bg:#f7f7f5;--ink:#1b1c1a;--dim:#565852;--line:#e4e4df;--surface:#fff;--accent:#2f5bd7}
@media (prefers-color-scheme:dark){:root{--bg:#121312;--ink:#ecedea;--dim:#aeb1aa;--line:#2a2c2a;--surface:#1a1b1a;--accent:#86a5ff}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.5 Inter,system-ui,sans-serif;display:flex}
nav{width:320px;height:100vh;position:sticky;top:0;overflow:auto;padding:24px;border-right:1px solid var(--line)}nav h3{margin:20px 0 4px;font-size:13px}nav p{color:var(--dim);font-size:13px}
nav a{display:block;padding:3px 0;color:var(--dim);text-decoration:none;font-size:12px;overflow-wrap:anywhere}main{flex:1;padding:24px 40px;max-width:900px;min-width:0}
section{padding:24px 0;border-bottom:1px solid var(--line)}h2{font-size:18px;margin:0 0 4px}h4{margin:16px 0 4px}.path span{color:var(--dim);margin-left:8px}
pre{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:12px;overflow:auto;font:12px/1.5 ui-monospace,monospace;max-height:420px}
table{border-collapse:collapse;width:100%}td{padding:5px 10px 5px 0;border-top:1px solid var(--line);vertical-align:top}b.GET{color:#1a7f4b}b.POST,b.PATCH,b.PUT{color:var(--accent)}b.DELETE{color:#c02b2b}
@media(max-width:760px){body{display:block}nav{position:static;width:auto;height:auto}main{padding:16px}}`;
