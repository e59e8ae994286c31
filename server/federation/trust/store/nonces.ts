import type { Tx } from '#kernel/db/database.ts';

/** True the first time that a nonce is shown. */
export async function takeNonce(tx: Tx, keyId: string, nonce: string, now: Date): Promise<boolean> {
  await tx.federationNonce.deleteMany({ where: { at: { lt: new Date(now.getTime() - 900_000) } } });
  const { count } = await tx.federationNonce.createMany({
    data: [{ keyId, nonce, at: now }],
    skipDuplicates: true,
  });
  return count === 1;
}
