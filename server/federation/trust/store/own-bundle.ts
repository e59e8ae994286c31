import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import type { TrustBundle } from '../schema.ts';

export interface OwnBundle {
  sequence: number;
  hash: string;
  body: TrustBundle;
}

export const findOwnBundle = (db: ReadDb): Promise<OwnBundle | null> =>
  db.one({
    sql: 'select sequence, hash, body from federation_bundle order by sequence desc limit 1',
    parameters: [],
  });

/** False when another process published after the one that was looked at. */
export async function insertOwnBundle(tx: Tx, bundle: OwnBundle, held: number, now: Date): Promise<boolean> {
  await tx.$queryRaw`select pg_advisory_xact_lock(418213364078)::text`;
  const last = await tx.federationBundle.aggregate({ _max: { sequence: true } });
  if (Number(last._max.sequence ?? 0n) !== held) return false;
  const { count } = await tx.federationBundle.createMany({
    data: [{ ...bundle, body: bundle.body as Prisma.InputJsonValue, at: now }],
    skipDuplicates: true,
  });
  return count === 1;
}
