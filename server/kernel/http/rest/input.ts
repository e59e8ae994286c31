import { invalid } from '../../errors/domain-error.ts';
import { coerceText } from './coerce.ts';
import type { RestRequest } from './handle.ts';
import { HttpRefusal } from './response.ts';
import type { Route } from './routes.ts';

const wrong = (field: string, message: string) =>
  invalid('request.invalid', `${field}: ${message}`, [{ field, message }]);

/** What the procedure is given: path, query and body as one object in which no name is said twice. */
export function readInput(
  request: RestRequest,
  route: Route,
  params: Record<string, string | undefined>,
): unknown {
  const text = new Map<string, string[]>();
  for (const [name, value] of Object.entries(params)) text.set(name, [decodeSegment(name, value ?? '')]);
  for (const [name, value] of request.query) {
    if (route.params.includes(name)) throw wrong(name, 'Already named by the path.');
    const values = text.get(name);
    if (values) values.push(value);
    else text.set(name, [value]);
  }
  const fields = coerceText(text, route.input);
  const body = readBody(request, route);
  if (body === undefined) return text.size > 0 || route.inputSchema ? fields : undefined;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw wrong('(body)', 'Expected a JSON object.');
  for (const name of text.keys())
    if (Object.hasOwn(body, name) && (body as Record<string, unknown>)[name] !== fields[name])
      throw wrong(name, 'The body and the address disagree.');
  return { ...body, ...fields };
}

function decodeSegment(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw wrong(name, 'Not valid percent-encoding.');
  }
}

function readBody(request: RestRequest, route: Route): unknown {
  if (!request.body || request.body.length === 0) return undefined;
  if (!route.takesBody) throw wrong('(body)', `${route.meta.openapi.method} takes none.`);
  const type = request.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const encoding = request.header('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type))
    throw new HttpRefusal(
      415,
      'Unsupported content type',
      'content_type',
      'Send the body as application/json.',
    );
  if (encoding !== 'identity')
    throw new HttpRefusal(415, 'Unsupported encoding', 'content_encoding', 'Send the body uncompressed.');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(request.body));
  } catch {
    throw invalid('request.malformed', 'The body is not valid JSON.', [
      { field: '(body)', message: 'Not valid JSON.' },
    ]);
  }
}
