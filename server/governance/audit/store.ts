import type { ReadDb } from '#kernel/db/database.ts';
import type { AuditEntry, ListEntriesInput } from './schema.ts';

/** People have names where the reader may see them; a tenant reads ids. */
const named = (column: string) => `case when ${column} like 'user:%'
  then coalesce((select u.name from "user" u where u.id = substr(${column}, 6)::uuid), ${column}) else ${column} end`;

const routineTypes = ['policy.checked', 'environment.prechecked', 'calls.counted', 'mfa.code_used'];

export interface EntryRow extends Omit<AuditEntry, 'detail' | 'sentence'> {
  body: Buffer;
  targetName: string | null;
}

export function selectEntries(db: ReadDb, input: ListEntriesInput): Promise<EntryRow[]> {
  const name = (column: string) => (db.scope.role === 'atom_tenant' ? column : named(column));
  const conditions: string[] = [];
  const parameters: unknown[] = [];
  const where = (sql: string, value: unknown) => {
    parameters.push(value);
    conditions.push(sql.replace('?', `$${parameters.length}`));
  };
  if (input.target !== undefined) where('e.target = ?', input.target);
  if (input.type !== undefined) where('e.type = ?', input.type);
  // What the console notes every minute about itself would bury what people and systems did.
  if (!input.routine && input.target === undefined && input.type === undefined)
    where('e.type <> all (?)', routineTypes);
  if (input.before !== undefined)
    where('e.id < (select b.id from ledger_entry b where b.uid = ?)', input.before);
  parameters.push(input.limit + 1);
  return db.query({
    sql: `select e.uid, e.at, e.type, ${name('e.actor')} as actor, e.target, ${name('e.target')} as "targetName", e.tenant_id as "tenantId", e.body, l.idx as index
      from ledger_entry e left join ledger_leaf l on l.entry_id = e.id
      ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''} order by e.id desc limit $${parameters.length}`,
    parameters,
  });
}
