import type { z } from 'zod';
import { DomainError, invalid } from '#kernel/errors/domain-error.ts';
import { findings } from '#kernel/ledger/findings.ts';
import { parseVerifierKey } from '#kernel/ledger/note-keys.ts';
import { checkPromise, promiseOf } from '#kernel/ledger/promise.ts';
import { receiptOf } from '#kernel/ledger/proofs.ts';
import { originHash } from '#kernel/ledger/witness-messages.ts';
import { ownCosigner } from '#kernel/ledger/witness-serve.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import type { addLogInput, addWitnessInput, resolveFindingInput, witnessList } from '../schema/ledger.ts';
import { selectVisible, selectWitnessed, selectWitnesses } from '../store/ledger.ts';

const owner = (ctx: ReadContext) => ctx.database.pool('atom_owner');

/** The reader's own view decides whether there is such an entry at all. */
async function visible(ctx: ReadContext, uid: string) {
  const entry = await selectVisible(ctx.db, uid);
  if (!entry) throw new DomainError('not_found', 'audit.not_found', `No entry ${uid} is visible to you.`);
  return entry;
}

export async function receiptOfEntry(ctx: ReadContext, uid: string): Promise<string | null> {
  await visible(ctx, uid);
  return receiptOf(owner(ctx), uid);
}

export async function promiseOfEntry(ctx: ReadContext, uid: string): Promise<string> {
  const { leaf, at } = await visible(ctx, uid);
  return promiseOf(ctx, { uid, leaf, at: new Date(at) });
}

export async function verifyPromise(ctx: CommandContext, promise: string) {
  ctx.unchanged(); // a broken one is recorded by the ledger itself
  return { state: await checkPromise(ctx, promise) };
}

export const ledgerFindings = async (ctx: ReadContext) => ({ rows: await findings(owner(ctx)) });

/** Somebody looked and says what it was. What halts signing ends with a new origin only. */
export async function resolveFinding(
  ctx: CommandContext,
  { id, resolution }: z.output<typeof resolveFindingInput>,
) {
  await ctx.commit(witnessEvent('ledger.finding_resolved', id, { reason: resolution }), async tx => {
    const { count } = await tx.ledgerFinding.updateMany({
      where: { id, halts: false, open: { not: null } },
      data: { open: null, resolvedAt: ctx.clock.now(), resolution },
    });
    if (count === 0)
      throw new DomainError(
        'conflict',
        'ledger.not_resolvable',
        'That finding is settled already, or it keeps the ledger from being signed: start a new origin.',
      );
  });
  return { id };
}

export async function listWitnesses(ctx: ReadContext): Promise<z.output<typeof witnessList>> {
  const [witnesses, witnessed] = await Promise.all([selectWitnesses(ctx.db), selectWitnessed(ctx.db)]);
  return { ownKey: ownCosigner(ctx.clock).vkey, witnesses, witnessed };
}

function requireKeys(vkeys: readonly string[], fits: (kind: string) => boolean, which: string): void {
  vkeys.forEach((vkey, i) => {
    let message: string | null = null;
    try {
      if (!fits(parseVerifierKey(vkey).kind)) message = `Not a key of ${which}.`;
    } catch (error) {
      message = (error as Error).message;
    }
    if (message) throw invalid('ledger.key', message, [{ field: `vkeys.${i}`, message }]);
  });
}

export async function addWitness(ctx: CommandContext, input: z.output<typeof addWitnessInput>) {
  requireKeys(input.vkeys, kind => kind === 'cosignature', 'a witness (type 0x04)');
  const known = (await selectWitnesses(ctx.db)).some(w => w.id === input.id);
  if (known)
    throw new DomainError('conflict', 'ledger.witness_known', `There is a witness "${input.id}" already.`);
  const url = input.url.replace(/\/+$/, '');
  await ctx.commit(witnessEvent('ledger.witness_added', input.id, { url }), tx =>
    tx.ledgerWitness.create({
      data: { id: input.id, url, vkeys: input.vkeys, createdAt: ctx.clock.now() },
      select: { id: true },
    }),
  );
  return { id: input.id };
}

export async function removeWitness(ctx: CommandContext, id: string) {
  await ctx.commit(witnessEvent('ledger.witness_removed', id), async tx => {
    const { count } = await tx.ledgerWitness.deleteMany({ where: { id } });
    if (count === 0) throw new DomainError('not_found', 'ledger.no_witness', `There is no witness "${id}".`);
  });
  return { id };
}

/** From now on this console cosigns that log, from whatever size it submits first. */
export async function addWitnessedLog(ctx: CommandContext, { origin, vkeys }: z.output<typeof addLogInput>) {
  requireKeys(vkeys, kind => kind !== 'cosignature', 'a log');
  const known = (await selectWitnessed(ctx.db)).some(log => log.origin === origin);
  if (known) throw new DomainError('conflict', 'ledger.log_known', `"${origin}" is witnessed already.`);
  await ctx.commit(witnessEvent('ledger.log_added', origin), tx =>
    tx.witnessedLog.create({
      data: { origin, originHash: originHash(origin), vkeys, createdAt: ctx.clock.now() },
      select: { origin: true },
    }),
  );
  return { id: origin };
}

export async function removeWitnessedLog(ctx: CommandContext, origin: string) {
  await ctx.commit(witnessEvent('ledger.log_removed', origin), async tx => {
    const { count } = await tx.witnessedLog.deleteMany({ where: { origin } });
    if (count === 0)
      throw new DomainError('not_found', 'ledger.no_log', `"${origin}" is not witnessed here.`);
  });
  return { id: origin };
}

const witnessEvent = (type: `ledger.${string}`, id: string, detail: Record<string, string> = {}) => ({
  type,
  target: { kind: 'ledger', id },
  detail,
  topics: [{ topic: 'ledger' }],
});
