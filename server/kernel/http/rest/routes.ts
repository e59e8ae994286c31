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
  pattern: RegExp;
  params: string[];
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

/** Routes are compiled once, when the process starts. `keys` limits them to some systems. */
export function routesOf(router: AnyRouter, keys?: readonly string[]): Route[] {
  const procedures = router._def.procedures as Record<string, AnyProcedure>;
  return Object.entries(procedures).flatMap(([path, procedure]) => {
    const def = procedure._def as unknown as Def;
    const openapi = def.meta?.openapi;
    if (!openapi || def.type === 'subscription') return [];
    if (keys && !keys.includes(path.split('.')[0] ?? '')) return [];
    const inputSchema = (def.inputs[0] as z.ZodType | undefined) ?? null;
    return [
      {
        procedure: path,
        kind: def.type,
        meta: { ...def.meta, openapi },
        pattern: new RegExp(`^${openapi.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
        params: [...openapi.path.matchAll(/\{(\w+)\}/g)].map(m => m[1] ?? ''),
        input: inputSchema ? jsonSchema(inputSchema, 'input') : null,
        inputSchema,
        outputSchema: (def.output as z.ZodType | undefined) ?? null,
        success: openapi.success ?? (openapi.method === 'POST' ? 201 : 200),
      },
    ];
  });
}

export const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): FieldSchema =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as FieldSchema;
