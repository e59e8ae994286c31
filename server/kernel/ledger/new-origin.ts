import { DomainError } from '../errors/domain-error.ts';
import type { CommandContext } from '../trpc/context.ts';
import { type AnchorFile, anchorFile } from './anchor.ts';
import { haltedBy } from './findings.ts';
import { currentOrigin, originName } from './origin.ts';

/**
 * After a restore that lost what was signed already, the old name is spent: whoever holds its later checkpoints would see
 * two histories. The same entries go on under a new name, with the reason in the ledger itself.
 */
export async function startNewOrigin(
  ctx: CommandContext,
  reason: string,
  anchor: AnchorFile = anchorFile(),
): Promise<{ origin: string; generation: number }> {
  const db = ctx.database.pool('atom_owner');
  const halted = await haltedBy(db);
  if (!halted)
    throw new DomainError(
      'conflict',
      'ledger.not_halted',
      'Nothing keeps the ledger from being signed under its present name.',
    );
  const before = await currentOrigin(db);
  let generation = before.generation + 1;
  while (anchor.read(originName(generation))) generation += 1;
  const origin = originName(generation);
  const size = Number((await db.query('select size from ledger_head')).rows[0].size);
  const at = ctx.clock.now();
  await ctx.commit(
    {
      type: 'ledger.origin_started',
      target: { kind: 'ledger', id: origin },
      detail: { reason, before: before.name, size, finding: halted },
      topics: [{ topic: 'ledger' }],
    },
    async tx => {
      await tx.ledgerOrigin.create({
        data: { generation, origin, size: BigInt(size), reason, at },
        select: { generation: true },
      });
      await tx.ledgerFinding.updateMany({
        where: { open: { not: null }, halts: true },
        data: { open: null, resolvedAt: at, resolution: `New origin ${origin}: ${reason}` },
      });
      await tx.ledgerWitness.updateMany({ data: { size: 0n, state: 'new', error: null } });
    },
  );
  return { origin, generation };
}
