import type pg from 'pg';
import { schemaName } from '#kernel/db/names.ts';

/**
 * What a database looks like to Prisma's schema files: one line per column, index, foreign key and enum. Partitions,
 * partial indexes and indexes on expressions are left out: schema files cannot say them.
 */
export async function catalogOf(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(shapeSql, [schemaName]);
  return rows.map(row => row.line).sort();
}

const shapeSql = `
  with tables as (
    select c.oid, c.relname from pg_class c
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p')
       and not c.relispartition and c.relname <> '_prisma_migrations')
  select format('%s.%s %s%s%s', t.relname, a.attname, format_type(a.atttypid, a.atttypmod),
           case when a.attnotnull then ' not null' else '' end,
           case when a.attidentity <> '' then ' identity'
                when pg_get_expr(d.adbin, d.adrelid) is null then ''
                when pg_get_expr(d.adbin, d.adrelid) like 'nextval(%' then ' sequence'
                else ' default ' || pg_get_expr(d.adbin, d.adrelid) end) as line
    from tables t
    join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  union all
  select replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') || case when i.indisprimary then ' primary' else '' end
    from tables t join pg_index i on i.indrelid = t.oid and i.indpred is null and i.indexprs is null
  union all
  select t.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
  union all
  select 'enum ' || y.typname || ' ' || string_agg(e.enumlabel, ',' order by e.enumsortorder)
    from pg_type y join pg_enum e on e.enumtypid = y.oid
   where y.typnamespace = $1::regnamespace group by y.typname`;

/**
 * Tables and views that would show one tenant's rows to another: a table is either global, and says so, or forces row
 * level security with a policy that binds the tenant's role; a view runs with its caller's rights. A partition is
 * guarded by its parent as long as tenants cannot name it.
 */
export async function unguarded(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ problem: string }>(unguardedSql, [schemaName]);
  return rows.map(row => row.problem).sort();
}

const unguardedSql = `
  select c.relname || ': ' || case
           when not (c.relrowsecurity and c.relforcerowsecurity) then 'row level security is not forced'
           else 'no policy binds atom_tenant' end as problem
    from pg_class c
   where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and c.relname <> '_prisma_migrations'
     and coalesce(obj_description(c.oid, 'pg_class'), '') <> 'scope: global'
     and (not c.relispartition or has_table_privilege('atom_tenant', c.oid, 'select'))
     and not (c.relrowsecurity and c.relforcerowsecurity and exists (
           select from pg_policy p where p.polrelid = c.oid and 'atom_tenant'::regrole = any (p.polroles)))
  union all
  select c.relname || ': a view without security_invoker' from pg_class c
   where c.relnamespace = $1::regnamespace and c.relkind = 'v'
     and not coalesce('security_invoker=true' = any (c.reloptions) or 'security_invoker=on' = any (c.reloptions), false)
  union all
  select c.relname || ': a materialised view cannot enforce row level security' from pg_class c
   where c.relnamespace = $1::regnamespace and c.relkind = 'm'`;
