import type { ReadDb } from '#kernel/db/database.ts';
import { publicColumns } from '#kernel/signing/store.ts';
import type { StoredKey } from './rules.ts';

const keys = `select ${publicColumns},
  coalesce((select array_agg(u.use order by u.use) from signing_use u where u.key_id = k.id), '{}') as uses from signing_key k`;

export const selectKeys = (db: ReadDb): Promise<StoredKey[]> =>
  db.query<StoredKey>({ name: 'keys', sql: `${keys} order by k.created_at desc, k.id`, parameters: [] });

export const findKey = (db: ReadDb, id: string): Promise<StoredKey | null> =>
  db.one<StoredKey>({ name: 'key', sql: `${keys} where k.id = $1`, parameters: [id] });
