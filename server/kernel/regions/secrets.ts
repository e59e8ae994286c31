import type { RegionSql } from './sql.ts';

/**
 * Around statements whose values are secrets, in a session: they go as parameters, never as text, and a server that logs
 * parameters does not log these. Only a superuser may switch that off for statements that succeed.
 */
export async function withSecrets<T>(sql: RegionSql, use: () => Promise<T>): Promise<T> {
  await sql.query('begin');
  await sql.query(
    `select set_config('log_parameter_max_length_on_error', '0', true),
       case when rolsuper then set_config('log_parameter_max_length', '0', true) end
     from pg_roles where rolname = current_user`,
  );
  const made = await use();
  await sql.query('commit');
  return made;
}

/**
 * A statement that takes no parameters, with a secret in it: put together in the server from parameters (`%1$s`, `%2$L` and so
 * on). What fails is said without the statement, which would stand in the context of its log otherwise.
 */
export async function runSecret(sql: RegionSql, template: string, values: readonly string[]): Promise<void> {
  await sql.query(
    `create or replace function pg_temp.atom_secret(template text, variadic given text[]) returns void language plpgsql as $body$
     begin
       execute format(template, variadic given);
     exception when others then
       raise exception using errcode = sqlstate, message = sqlerrm;
     end $body$`,
  );
  await sql.query('select pg_temp.atom_secret($1, variadic $2::text[])', [template, [...values]]);
}
