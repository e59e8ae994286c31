import type { z } from 'zod';
import type { ReadDb } from '#kernel/db/database.ts';
import type { witnessList } from '../schema/ledger.ts';

type Witnesses = z.output<typeof witnessList>;

export const selectVisible = (db: ReadDb, uid: string) =>
  db.one<{ leaf: Buffer; at: string }>({
    name: 'ledger-visible',
    sql: 'select leaf, at from ledger_entry where uid = $1',
    parameters: [uid],
  });

export const selectWitnesses = async (db: ReadDb): Promise<Witnesses['witnesses']> =>
  (
    await db.query<Witnesses['witnesses'][number]>({
      sql: `select id, url, vkeys, size, state, error, cosigned_at as "cosignedAt", checked_at as "checkedAt" from ledger_witness order by id`,
      parameters: [],
    })
  ).map(row => ({ ...row, size: Number(row.size) }));

export const selectWitnessed = async (db: ReadDb): Promise<Witnesses['witnessed']> =>
  (
    await db.query<Witnesses['witnessed'][number]>({
      sql: `select origin, vkeys, size, cosigned_at as "cosignedAt" from witnessed_log order by origin`,
      parameters: [],
    })
  ).map(row => ({ ...row, size: Number(row.size) }));
