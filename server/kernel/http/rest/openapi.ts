import { type FieldSchema, jsonSchema, type Route } from './routes.ts';

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, unknown>;
  security: Record<string, never[]>[];
}

export interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  'x-permission'?: string;
  parameters: Parameter[];
  requestBody?: { required: boolean; content: { 'application/json': { schema: FieldSchema } } };
  responses: Record<string, Answer>;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: FieldSchema;
  description?: string;
  style?: 'form';
  explode?: boolean;
}

interface Answer {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, { schema: object }>;
}

const headerRefs = {
  'x-request-id': { $ref: '#/components/headers/RequestId' },
  traceresponse: { $ref: '#/components/headers/TraceResponse' },
};

const refusal = (description: string, extra: Record<string, object> = {}): Answer => ({
  description,
  headers: { ...headerRefs, ...extra },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** OpenAPI 3.1 from the same schemas that validate; what a route refuses is documented with what it answers. */
export function openApiDocument(
  routes: readonly Route[],
  about: { title: string; version: string; server: string },
): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const { openapi } = route.meta;
    paths[openapi.path] = { ...paths[openapi.path], [openapi.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: about.title,
      version: about.version,
      description:
        'Errors are RFC 9457 problem documents. Unknown fields are refused by name, text in addresses is read strictly.',
    },
    servers: [{ url: about.server }],
    paths,
    security: [{ apiToken: [] }, { tenantToken: [] }],
    components: {
      securitySchemes: {
        apiToken: { type: 'http', scheme: 'bearer', description: 'An API token: atom_pat_…' },
        tenantToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A short-lived token of one tenant, verifiable by the console’s JWKS.',
        },
      },
      headers: {
        RequestId: {
          description: 'The caller’s own X-Request-Id, or the trace id.',
          schema: { type: 'string' },
        },
        TraceResponse: {
          description: 'W3C trace context of this exchange.',
          schema: { type: 'string', pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$' },
        },
      },
      schemas: { Problem: problemSchema },
    },
  };
}

function operation(route: Route): Operation {
  const { openapi, permission, kind } = route.meta;
  const output = route.outputSchema ? jsonSchema(route.outputSchema, 'output') : {};
  const body = route.takesBody ? bodySchema(route) : null;
  const answer = (description: string): Answer => ({
    description,
    headers: headerRefs,
    content: { 'application/json': { schema: output } },
  });
  return {
    operationId: route.procedure.replaceAll('.', '_'),
    summary: openapi.summary,
    tags: openapi.tags ?? [route.procedure.split('.')[0] ?? ''],
    ...(permission ? { 'x-permission': permission } : {}),
    parameters: parameters(route),
    ...(body
      ? {
          requestBody: {
            required: (body.required ?? []).length > 0,
            content: { 'application/json': { schema: body } },
          },
        }
      : {}),
    responses: {
      [String(route.success)]: answer('Done.'),
      ...(mayWait(output) ? { 202: answer('Accepted; waits for an approval, `status` says so.') } : {}),
      400: refusal('A field is wrong; `errors` names it.'),
      401: refusal('Not signed in, or a second factor is needed.', {
        'www-authenticate': { schema: { type: 'string' } },
      }),
      403: refusal('Not permitted.'),
      ...(route.params.length > 0 ? { 404: refusal('Not found, or not visible to the caller.') } : {}),
      ...(kind === 'command'
        ? { 409: refusal('Conflicts with the current state.'), 422: refusal('Refused after checking.') }
        : {}),
      ...(route.takesBody
        ? { 413: refusal('Larger than 1 MiB.'), 415: refusal('Not sent as application/json.') }
        : {}),
      429: refusal('Too many requests.', { 'retry-after': { schema: { type: 'integer' } } }),
      default: refusal('Something went wrong on our side; `traceId` finds it in the log.'),
    },
  };
}

function parameters(route: Route): Parameter[] {
  const required = route.input?.required ?? [];
  const named = Object.entries(route.input?.properties ?? {})
    .filter(([name]) => route.params.includes(name) || !route.takesBody)
    .map(([name, schema]): Parameter => {
      const inPath = route.params.includes(name);
      return {
        name,
        in: inPath ? 'path' : 'query',
        required: inPath || (required.includes(name) && schema.default === undefined),
        schema,
        ...(schema.type === 'array' ? { style: 'form', explode: true } : {}),
      };
    });
  if (route.meta.kind !== 'command') return named;
  const idempotency: Parameter = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: 128 },
    description: 'The same key and body have one effect.',
  };
  return [...named, idempotency];
}

/** Whether the answer's own schema knows a state that waits for an approval. */
const mayWait = (output: object): boolean =>
  /"(?:approval_required|pending_approval)"/.test(JSON.stringify(output));

function bodySchema(route: Route): FieldSchema | null {
  if (!route.input) return null;
  const { $schema: _drop, properties = {}, required = [], ...rest } = route.input;
  const inBody = Object.fromEntries(
    Object.entries(properties).filter(([name]) => !route.params.includes(name)),
  );
  return { ...rest, properties: inBody, required: required.filter(name => !route.params.includes(name)) };
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'kind'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong, where, and what to do.' },
    code: { type: 'string', description: 'Stable, for programs.' },
    kind: { type: 'string' },
    traceId: { type: 'string' },
    retryAfter: { type: 'integer', description: 'Seconds.' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};
