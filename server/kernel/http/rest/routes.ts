import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { z } from 'zod';
import type { ProcedureMeta, RestRoute } from '../../trpc/init.ts';

/** The part of a JSON schema that decides how a query string or a path segment is read. */
export interface FieldSchema {
  type?: string;
  items?: FieldSchema;
  properties?: Record<string, FieldSchema>;
  required?: string[];
  [key: string]: unknown;
}

export interface Route {
  procedure: string;
  kind: 'query' | 'mutation';
  meta: ProcedureMeta & { openapi: RestRoute };
  params: string[];
  takesBody: boolean;
  input: FieldSchema | null;
  inputSchema: z.ZodType | null;
  outputSchema: z.ZodType | null;
  success: number;
}

interface Def {
  type: 'query' | 'mutation' | 'subscription';
  meta?: ProcedureMeta;
  inputs: unknown[];
  output?: unknown;
}

/** What a router answers over REST. `keys` limits it to some systems. */
export function routesOf(router: AnyRouter, keys?: readonly string[]): Route[] {
  const procedures = router._def.procedures as Record<string, AnyProcedure>;
  return Object.entries(procedures).flatMap(([path, procedure]) => {
    const def = procedure._def as unknown as Def;
    const openapi = def.meta?.openapi;
    if (!openapi || def.type === 'subscription') return [];
    if (keys && !keys.includes(path.split('.')[0] ?? '')) return [];
    const inputSchema = (def.inputs[0] as z.ZodType | undefined) ?? null;
    const route: Route = {
      procedure: path,
      kind: def.type,
      meta: { ...def.meta, openapi },
      params: [...openapi.path.matchAll(/\{(\w+)\}/g)].map(m => m[1] ?? ''),
      takesBody: openapi.method !== 'GET' && openapi.method !== 'DELETE',
      input: inputSchema ? jsonSchema(inputSchema, 'input') : null,
      inputSchema,
      outputSchema: (def.output as z.ZodType | undefined) ?? null,
      success: openapi.success ?? (openapi.method === 'POST' ? 201 : 200),
    };
    requireReadable(route);
    return [route];
  });
}

/** A field that text cannot express is a mistake of the route, noticed when the process starts and not by a caller. */
function requireReadable({ procedure, params, takesBody, input }: Route): void {
  const fields = input?.properties ?? {};
  for (const name of takesBody ? params : [...params, ...Object.keys(fields)]) {
    const field = fields[name];
    const scalar = field?.type === 'array' && !params.includes(name) ? field.items : field;
    if (!['string', 'integer', 'number', 'boolean'].includes(scalar?.type ?? ''))
      throw new Error(`${procedure}: "${name}" cannot be read from an address. Move it into a body.`);
  }
}

export interface RouteTable {
  all: readonly Route[];
  /** Every route at a path, whatever its method; literal segments go before parameters. */
  at(path: string): { route: Route; params: Record<string, string> }[];
}

/** Compiled once, when the process starts: literal paths by name, the others by their number of segments. */
export function routeTable(all: readonly Route[]): RouteTable {
  const literal = new Map<string, { route: Route; params: Record<string, string> }[]>();
  const open = new Map<number, { route: Route; pattern: RegExp }[]>();
  const sorted = all.toSorted((a, b) => a.params.length - b.params.length);
  for (const route of sorted) {
    const { path } = route.meta.openapi;
    if (route.params.length === 0) literal.set(path, [...(literal.get(path) ?? []), { route, params: {} }]);
    else {
      const count = segments(path);
      const source = path
        .split('/')
        .map(part => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)'));
      open.set(count, [...(open.get(count) ?? []), { route, pattern: new RegExp(`^${source.join('/')}$`) }]);
    }
  }
  return {
    all,
    at: path => [
      ...(literal.get(path) ?? []),
      ...(open.get(segments(path)) ?? []).flatMap(({ route, pattern }) => {
        const match = pattern.exec(path);
        return match ? [{ route, params: match.groups ?? {} }] : [];
      }),
    ],
  };
}

const segments = (path: string) => path.split('/').length;

export const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): FieldSchema =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as FieldSchema;
