import pg from 'pg';

/** A connection to a server that is not the console's own; ends with the work. */
export async function withServer<T>(dsn: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: dsn,
    connectionTimeoutMillis: 3_000,
    query_timeout: 10_000,
    application_name: 'atom actions',
  });
  client.on('error', () => {}); // reported by whatever was asked
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

export interface RemoteRole {
  name: string;
  canLogin: boolean;
  privileged: boolean;
  comment: string | null;
  /** What this console wrote there last: which rotation, and by which order. */
  rotation: number;
  order: string | null;
  /** Tells one password from another without saying anything about it; null where it may not be read. */
  mark: string | null;
  sessions: number;
}

const mine = 'atom_console.rotation';

export async function readRoles(client: pg.Client, name: string | null): Promise<RemoteRole[]> {
  const { rows: may } = await client.query("select has_table_privilege('pg_authid', 'select') as ok");
  const mark = may[0]?.ok
    ? `(select left(encode(sha256(convert_to(coalesce(a.rolpassword, ''), 'UTF8')), 'hex'), 12) from pg_authid a where a.oid = r.oid)`
    : 'null::text';
  const { rows } = await client.query<Omit<RemoteRole, 'rotation' | 'order'> & { setting: string | null }>(
    `select r.rolname as name, r.rolcanlogin as "canLogin", (r.rolsuper or r.rolreplication or r.rolcreaterole or r.rolbypassrls) as privileged,
       shobj_description(r.oid, 'pg_authid') as comment,
       (select split_part(c, '=', 2) from pg_db_role_setting s, unnest(s.setconfig) c
         where s.setrole = r.oid and s.setdatabase = 0 and c like '${mine}=%') as setting,
       ${mark} as mark,
       (select count(*)::int from pg_stat_activity a where a.usename = r.rolname) as sessions
     from pg_roles r where $1::text is null or r.rolname = $1 order by r.rolname`,
    [name],
  );
  return rows.map(({ setting, ...row }) => {
    const [rotation = '', order] = (setting ?? '').split(' ');
    return { ...row, rotation: Number(rotation) || 0, order: order ?? null };
  });
}

/** True for the first who comes with this order; the server itself remembers it, in the same transaction. */
export async function rotatePassword(
  client: pg.Client,
  name: string,
  order: string,
  verifier: string,
  check: (found: RemoteRole) => void,
): Promise<boolean> {
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`atom-console:${name}`]);
    const [found] = await readRoles(client, name);
    if (!found) throw new Error(`There is no role ${name} any more.`);
    if (found.order === order) {
      await client.query('rollback');
      return false;
    }
    check(found);
    const role = pg.escapeIdentifier(name);
    await client.query(`alter role ${role} password ${pg.escapeLiteral(verifier)}`);
    await client.query(
      `alter role ${role} set ${mine} = ${pg.escapeLiteral(`${found.rotation + 1} ${order}`)}`,
    );
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/** Ends the sessions of a role that were open at that moment; newer ones stay, so repeating it ends nothing more. */
export async function endSessions(client: pg.Client, name: string, openAt: Date): Promise<number> {
  const { rows } = await client.query<{ ended: boolean }>(
    `select pg_terminate_backend(pid, 2000) as ended from pg_stat_activity
     where usename = $1 and backend_start <= $2 and pid <> pg_backend_pid()`,
    [name, openAt],
  );
  return rows.filter(row => row.ended).length;
}

export async function oldSessions(client: pg.Client, name: string, openAt: Date): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    'select count(*)::int as n from pg_stat_activity where usename = $1 and backend_start <= $2 and pid <> pg_backend_pid()',
    [name, openAt],
  );
  return rows[0]?.n ?? 0;
}

/** Whether this role gets in with this password. */
export async function logsIn(dsn: string, name: string, password: string): Promise<boolean> {
  const url = new URL(dsn);
  url.username = encodeURIComponent(name);
  url.password = encodeURIComponent(password);
  try {
    return await withServer(url.toString(), async () => true);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === '28P01' || code === '28000') return false;
    throw error;
  }
}
