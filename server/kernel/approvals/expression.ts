import { z } from 'zod';
import { roles } from '../authz/permission.ts';

/** Who has to agree: k of the holders of a role, k of named people, all or any of several such groups. */
export type Expression =
  | { role: (typeof roles)[number]; count: number }
  | { users: string[]; count: number }
  | { all: Expression[] }
  | { any: Expression[] };

const count = z.int().min(1).max(10);
const leaf = z.union([
  z.strictObject({ role: z.enum(roles), count }),
  z
    .strictObject({ users: z.array(z.string().trim().min(1).max(60)).min(1).max(20), count })
    .refine(group => group.count <= new Set(group.users).size, 'More are needed than are named.'),
]);
const group = z.union([
  leaf,
  z.strictObject({ all: z.array(leaf).min(1).max(6) }),
  z.strictObject({ any: z.array(leaf).min(1).max(6) }),
]);

/** Two levels of AND and OR say every rule people can still read; deeper ones are refused. */
export const expressionSchema: z.ZodType<Expression> = z.union([
  group,
  z.strictObject({ all: z.array(group).min(1).max(6) }),
  z.strictObject({ any: z.array(group).min(1).max(6) }),
]);
