import { type FieldSchema, jsonSchema, type Route } from './routes.ts';

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, unknown>>;
  components: Record<string, unknown>;
  security: Record<string, never[]>[];
}

const problemRef = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** OpenAPI 3.1 from the same schemas that validate; what a route refuses is documented with what it answers. */
export function openApiDocument(
  routes: readonly Route[],
  title: string,
  version: string,
  server: string,
): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const { openapi } = route.meta;
    paths[openapi.path] = { ...paths[openapi.path], [openapi.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version,
      description: 'Errors are RFC 9457 problem documents. Unknown fields are refused by name.',
    },
    servers: [{ url: server }],
    paths,
    security: [{ bearer: [] }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API token (atom_pat_…) or a tenant JWT.' },
      },
      schemas: { Problem: problemSchema },
    },
  };
}

function operation(route: Route) {
  const { openapi, permission, kind } = route.meta;
  const inBody = openapi.method !== 'GET' && openapi.method !== 'DELETE';
  const fields = Object.entries(route.input?.properties ?? {});
  const required = route.input?.required ?? [];
  const parameters = fields
    .filter(([name]) => route.params.includes(name) || !inBody)
    .map(([name, schema]) => {
      const inPath = route.params.includes(name);
      return {
        name,
        in: inPath ? 'path' : 'query',
        required: inPath || (required.includes(name) && schema.default === undefined),
        schema,
        ...(schema.type === 'array' ? { style: 'form', explode: true } : {}),
      };
    });
  const idempotency = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', maxLength: 128 },
    description: 'The same key and body have one effect.',
  };
  const output = route.outputSchema ? jsonSchema(route.outputSchema, 'output') : {};
  const body = inBody ? bodySchema(route) : null;
  return {
    operationId: route.procedure.replace('.', '_'),
    summary: openapi.summary,
    tags: [route.procedure.split('.')[0]],
    ...(permission ? { 'x-permission': permission } : {}),
    parameters: kind === 'command' ? [...parameters, idempotency] : parameters,
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      [String(route.success)]: { description: 'Done.', content: { 'application/json': { schema: output } } },
      ...(kind === 'command'
        ? {
            202: {
              description: 'Accepted; waits for an approval.',
              content: { 'application/json': { schema: output } },
            },
          }
        : {}),
      400: problemRef('A field is wrong; `errors` names it.'),
      401: problemRef('Not signed in, or a second factor is needed.'),
      403: problemRef('Not permitted.'),
      ...(route.params.length > 0 ? { 404: problemRef('Not found, or not visible to the caller.') } : {}),
      ...(kind === 'command'
        ? {
            409: problemRef('Conflicts with the current state.'),
            413: problemRef('Too large.'),
            422: problemRef('Refused after checking.'),
          }
        : {}),
      429: problemRef('Too many requests.'),
    },
  };
}

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
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};
