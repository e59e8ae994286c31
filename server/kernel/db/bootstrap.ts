import pg from 'pg';
import { env } from '../env/env.ts';
import { type DatabaseRole, databaseRoles, schemaName } from './names.ts';

/** Passwords of the login roles follow from the installation's master secret: nothing more to store or lose. */
export const rolePassword = (role: DatabaseRole): string =>
  env().secret(`db-role:${role}`).toString('base64url');

export function roleUrl(adminUrl: string, role: DatabaseRole, database?: string): string {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = rolePassword(role);
  if (database) url.pathname = `/${database}`;
  return url.toString();
}

/**
 * Idempotent: database, roles, schema and search paths, as whoever the DSN names (who may create roles). Tables and
 * grants come from the migrations, which run as `atom_owner`.
 */
export async function bootstrapDatabase(adminUrl: string, database: string): Promise<void> {
  await withClient(adminUrl, async client => {
    for (const role of databaseRoles) await makeRole(client, role);
    await client.query('grant atom_owner to current_user').catch(() => {}); // a superuser needs no membership
    const has = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (!has.rowCount)
      await client.query(`create database ${pg.escapeIdentifier(database)} owner atom_owner`);
  });
  const inside = new URL(adminUrl);
  inside.pathname = `/${database}`;
  await withClient(inside.toString(), async client => {
    await client.query(`create schema if not exists ${schemaName} authorization atom_owner`);
    await client.query(`grant usage on schema ${schemaName} to ${databaseRoles.join(', ')}`);
    await client.query(`grant create on database ${pg.escapeIdentifier(database)} to atom_owner`);
  });
}

/**
 * Attributes are only named where they differ: whoever may create roles may not alter SUPERUSER or BYPASSRLS, not even
 * to take away what is not there.
 */
async function makeRole(client: pg.Client, role: DatabaseRole): Promise<void> {
  const { rows } = await client.query(
    'select rolsuper or rolbypassrls as wide from pg_roles where rolname = $1',
    [role],
  );
  if (rows.length === 0) await client.query(`create role ${role} nosuperuser nobypassrls`);
  else if (rows[0].wide)
    await client.query(`alter role ${role} nosuperuser nobypassrls`).catch(() => {
      throw new Error(
        `The database role ${role} escapes row level security, and this user may not change that. As a superuser: ALTER ROLE ${role} NOSUPERUSER NOBYPASSRLS.`,
      );
    });
  await client.query(`alter role ${role} login password ${literal(rolePassword(role))}`);
  await client.query(`alter role ${role} set search_path = ${schemaName}, public`);
}

const literal = (text: string) => pg.escapeLiteral(text);

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
