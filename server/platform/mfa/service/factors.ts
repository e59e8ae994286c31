import { newRecoveryCode, recoveryHash } from '#kernel/auth/tokens.ts';
import type { Tx } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchDevice, noSuchHolder, notYourOwn } from '../errors.ts';
import { mfaEvent } from '../events.ts';
import { relyingParty } from '../rules.ts';
import type { Factors } from '../schema.ts';
import {
  countRecoveryCodes,
  deleteFactors,
  lockedFactorCount,
  replaceRecoveryCodes,
  selectDevices,
} from '../store/devices.ts';
import { findHolder, renameFactor, selectPasskeys } from '../store/passkeys.ts';
import { securityMessages } from './messages.ts';
import { hasPassword, personOf } from './person.ts';

export async function readFactors(ctx: ReadContext): Promise<Factors> {
  const { id } = ctx.principal;
  const [devices, passkeys, recoveryCodesLeft, password] = await Promise.all([
    selectDevices(ctx.db, id),
    selectPasskeys(ctx.db, id),
    countRecoveryCodes(ctx.db, id),
    hasPassword(ctx),
  ]);
  const party = relyingParty(env().publicUrl);
  return {
    devices: devices.filter(d => d.confirmedAt).map(({ id, name, createdAt }) => ({ id, name, createdAt })),
    passkeys: passkeys.map(({ id, name, synced, createdAt, lastUsedAt, suspectedAt }) => ({
      id,
      name,
      synced,
      createdAt,
      lastUsedAt,
      suspectedAt,
    })),
    recoveryCodesLeft,
    passkeysImpossible: party.possible ? null : party.why,
    hasPassword: password,
  };
}

export async function nameFactor(ctx: CommandContext, id: string, name: string): Promise<Factors> {
  const { userId } = personOf(ctx);
  await ctx.commit(mfaEvent('mfa.renamed', userId, { factor: id, name }), async tx => {
    if (!(await renameFactor(tx, userId, id, name))) throw noSuchDevice(id);
  });
  return readFactors(ctx);
}

/** Recovery codes for whoever enrols the first factor; none for who has some. Called before the factor is there. */
export async function firstCodes(tx: Tx, userId: string, now: Date): Promise<string[]> {
  if ((await lockedFactorCount(tx, userId)).factors > 0) return [];
  return newCodes(tx, userId, now);
}

async function newCodes(tx: Tx, userId: string, now: Date): Promise<string[]> {
  const codes = Array.from({ length: 10 }, newRecoveryCode);
  await replaceRecoveryCodes(
    tx,
    userId,
    codes.map(code => ({ id: uuidv7(now.getTime()), hash: recoveryHash(userId, code) })),
  );
  return codes;
}

export async function renewRecoveryCodes(ctx: CommandContext) {
  const { userId } = personOf(ctx);
  const recoveryCodes = await ctx.commit(mfaEvent('mfa.recovery_codes_made', userId), tx =>
    newCodes(tx, userId, ctx.clock.now()),
  );
  return { recoveryCodes };
}

/** From the admin page. Not for oneself: that would be a way around the rule about the last factor. */
export async function dropFactorsOf(ctx: CommandContext, userId: string, reason: string) {
  if (userId === ctx.principal.id) throw notYourOwn();
  if (!(await findHolder(ctx.db, userId))) throw noSuchHolder(userId);
  await dropSecondFactor(ctx, userId, reason);
  return { dropped: true as const };
}

/** For whoever lost everything; the person who says so has to be believed by an administrator. */
export async function dropSecondFactor(ctx: CommandContext, userId: string, reason: string): Promise<void> {
  await ctx.commit(
    { ...mfaEvent('mfa.dropped', userId, { reason }), jobs: securityMessages('mfa.dropped', userId) },
    tx => deleteFactors(tx, userId, ctx.clock.now()),
  );
}
