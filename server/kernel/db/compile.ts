import { hash } from 'node:crypto';
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely';
import type { Query } from './database.ts';

/**
 * A compiled query as a named prepared statement: parsed and planned once per connection. Only for shapes of bounded
 * number, which a filter form has.
 */
export function prepared<Row>(compiled: CompiledQuery<Row>): Query<Row> {
  return {
    sql: compiled.sql,
    parameters: compiled.parameters,
    name: hash('sha1', compiled.sql, 'base64url'),
  };
}

const kept = 1000;

/**
 * The same question builds the same statement: what a list asked a moment ago is not built and hashed again. The key must
 * hold everything that `build` looks at; the parameters are part of what is kept, so they are part of the key too.
 */
export function rememberedQueries<Row>() {
  const known = new Map<string, Query<Row>>();
  return (key: unknown, build: () => CompiledQuery): Query<Row> => {
    const name = JSON.stringify(key);
    const found = known.get(name);
    if (found) return found;
    const made = prepared(build()) as Query<Row>;
    if (known.size >= kept) known.clear();
    known.set(name, made);
    return made;
  };
}

const usualSizes = [25, 50, 100, 200, 500];

/**
 * One row more than asked says whether there is a next page. The usual sizes stand in the statement itself: with the size
 * as a parameter Postgres plans each call anew, since it cannot know how few rows are wanted.
 */
export const pageLimit = (limit: number) => (usualSizes.includes(limit) ? sql.lit(limit + 1) : limit + 1);

/** A kysely that only compiles: the SQL runs through the caller's scope, never past it. */
export const compiler = <Tables>() =>
  new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: db => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
