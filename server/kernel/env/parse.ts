import { z } from 'zod';
import { type VariableName, variables } from './variables.ts';

type Parsed = { [K in VariableName]: z.output<(typeof variables)[K]['schema']> };
export type Variables = Readonly<Parsed>;

/** A variable that cannot be used ends the start with its name and what is wrong. */
export class UnusableEnvironment extends Error {}

/** An empty string counts as absent: `FOO=` in an env file means "not set". */
export function parseEnvironment(source: Record<string, string | undefined>): Variables {
  const shape = Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, v.schema]));
  const given = Object.fromEntries(
    Object.keys(variables).map(name => [name, source[name] === '' ? undefined : source[name]]),
  );
  const parsed = z.object(shape).safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(i => `${i.path.join('.')}: ${i.message}`);
    throw new UnusableEnvironment(`The environment is not usable. ${lines.join('; ')}`);
  }
  return Object.freeze(parsed.data) as Variables;
}
