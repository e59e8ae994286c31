import { z } from 'zod';

/** The one shape of a list question: what the table kit keeps in the URL is what the server is asked. */
export const listInput = <const S extends readonly [string, ...string[]], F extends z.ZodRawShape>(
  sorts: S,
  facets: F,
) =>
  z.strictObject({
    search: z
      .string()
      .trim()
      .max(100)
      .refine(text => !/\p{Cc}/u.test(text), 'Control characters are not accepted.')
      .optional(),
    sort: z.enum(sorts).default(sorts[0]),
    dir: z.enum(['asc', 'desc']).default('asc'),
    offset: z.int().min(0).max(1_000_000).default(0),
    limit: z.int().min(1).max(500).default(50),
    /** Counting 100,000 rows costs more than reading 50: ask when the filter changed. */
    total: z.boolean().default(false),
    ...facets,
  });

/** A facet takes one or several values. */
export const facet = <const V extends readonly [string, ...string[]]>(values: V) =>
  z.array(z.enum(values)).max(values.length).optional();

export const listOutput = <T extends z.ZodType>(row: T) =>
  inOnePass(z.object({ rows: z.array(row), total: z.int().optional(), nextOffset: z.int().nullable() }));

/**
 * tRPC asks for `parseAsync` where there is one, and zod compiles its fast path for synchronous parsing only. Rows hold
 * nothing asynchronous (zod throws if they did), so the same schema is asked the fast way.
 */
function inOnePass<S extends z.ZodType>(schema: S): S {
  return Object.assign(schema, { parseAsync: async (value: unknown) => schema.parse(value) });
}

export interface Listed<Row> {
  rows: Row[];
  total?: number;
  nextOffset: number | null;
}

/** Rows were read with `limit + 1`: one more than asked says that there is a next page. */
export function paged<Row>(
  rows: Row[],
  input: { offset: number; limit: number },
  total?: number,
): Listed<Row> {
  const more = rows.length > input.limit;
  return {
    rows: more ? rows.slice(0, input.limit) : rows,
    ...(total === undefined ? {} : { total }),
    nextOffset: more ? input.offset + input.limit : null,
  };
}

/** `%` and `_` typed by a person are letters. */
export const likePattern = (text: string) => `%${text.replace(/[\\%_]/g, c => `\\${c}`)}%`;
