import { hash } from 'node:crypto';
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { Query } from './database.ts';

/** A kysely that only compiles: the SQL runs through the caller's scope, never past it. */
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

export const compiler = <Tables>() =>
  new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: db => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
