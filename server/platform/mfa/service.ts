import QRCode from 'qrcode';
import { newRecoveryCode, recoveryHash } from '#kernel/auth/tokens.ts';
import { acceptedStep, newTotpSecret, otpauthUri } from '#kernel/auth/totp.ts';
import { env } from '#kernel/env/env.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { seal, unseal } from '#kernel/signing/seal.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchDevice, notAPerson, wrongCode } from './errors.ts';
import { mfaEvent } from './events.ts';
import type { Devices } from './schema.ts';
import {
  confirmDevice,
  countRecoveryCodes,
  deleteDevice,
  deleteFactors,
  insertDevice,
  markMfa,
  replaceRecoveryCodes,
  selectDevices,
  takeRecoveryCode,
  takeStep,
} from './store.ts';

const sealKey = () => env().secret('seal');
const secretOf = (device: { id: string; sealedSecret: string }) =>
  unseal(sealKey(), device.sealedSecret, `totp_device:${device.id}`).toString();

export async function readDevices(ctx: ReadContext): Promise<Devices> {
  const [devices, recoveryCodesLeft] = await Promise.all([
    selectDevices(ctx.db, ctx.principal.id),
    countRecoveryCodes(ctx.db, ctx.principal.id),
  ]);
  return {
    devices: devices.filter(d => d.confirmedAt).map(({ id, name, createdAt }) => ({ id, name, createdAt })),
    recoveryCodesLeft,
  };
}

export async function beginEnrolment(ctx: CommandContext, name: string) {
  const { id: userId, name: account } = ctx.principal;
  const now = ctx.clock.now();
  const id = uuidv7(now.getTime());
  const secret = newTotpSecret();
  const sealedSecret = seal(sealKey(), secret, `totp_device:${id}`);
  await ctx.commit(mfaEvent('mfa.enrolment_started', userId, { device: name }), tx =>
    insertDevice(tx, { id, userId, name, sealedSecret }, now),
  );
  const uri = otpauthUri(secret, account);
  return { deviceId: id, uri, secret, qr: qrRows(uri) };
}

function qrRows(text: string): string[] {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' });
  return Array.from({ length: modules.size }, (_, y) =>
    Array.from({ length: modules.size }, (_, x) => (modules.get(y, x) ? '1' : '0')).join(''),
  );
}

/** The first device brings recovery codes; they are shown this once. */
export async function confirmEnrolment(ctx: CommandContext, deviceId: string, code: string) {
  const { id: userId, sessionId } = ctx.principal;
  await limitAttempts(ctx, userId);
  const devices = await selectDevices(ctx.db, userId);
  const device = devices.find(d => d.id === deviceId && !d.confirmedAt);
  if (!device) throw noSuchDevice(deviceId);
  const now = ctx.clock.now();
  const step = acceptedStep(secretOf(device), code, now, null);
  if (step === null) throw wrongCode();
  const first = !devices.some(d => d.confirmedAt);
  const recoveryCodes = first ? Array.from({ length: 10 }, newRecoveryCode) : [];
  await ctx.commit(mfaEvent('mfa.enrolled', userId, { device: device.name }), async tx => {
    if (!(await confirmDevice(tx, deviceId, now)) || !(await takeStep(tx, deviceId, step))) throw wrongCode();
    if (first) await replaceRecoveryCodes(tx, userId, rowsOf(userId, recoveryCodes, now));
    if (sessionId) await markMfa(tx, sessionId, now);
  });
  return { recoveryCodes };
}

export async function removeDevice(ctx: CommandContext, deviceId: string): Promise<Devices> {
  const { id: userId } = ctx.principal;
  await ctx.commit(mfaEvent('mfa.removed', userId, { device: deviceId }), async tx => {
    if (!(await deleteDevice(tx, userId, deviceId))) throw noSuchDevice(deviceId);
  });
  return readDevices(ctx);
}

/** For whoever lost phone and codes; the person who says so has to be believed by an administrator at the machine. */
export async function dropSecondFactor(ctx: CommandContext, userId: string): Promise<void> {
  await ctx.commit(mfaEvent('mfa.dropped', userId), tx => deleteFactors(tx, userId, ctx.clock.now()));
}

export async function renewRecoveryCodes(ctx: CommandContext) {
  const { id: userId } = ctx.principal;
  const recoveryCodes = Array.from({ length: 10 }, newRecoveryCode);
  await ctx.commit(mfaEvent('mfa.recovery_codes_made', userId), tx =>
    replaceRecoveryCodes(tx, userId, rowsOf(userId, recoveryCodes, ctx.clock.now())),
  );
  return { recoveryCodes };
}

/** Confirms this session with a second factor; sensitive commands ask how long ago that was. */
export async function stepUp(ctx: CommandContext, code: string) {
  const { id: userId, sessionId } = ctx.principal;
  if (!sessionId) throw notAPerson();
  if (!(await spendSecondFactor(ctx, userId, code))) {
    await ctx.commit(mfaEvent('mfa.refused', userId), async () => {});
    throw wrongCode();
  }
  const now = ctx.clock.now();
  await ctx.commit(mfaEvent('mfa.stepped_up', userId), tx => markMfa(tx, sessionId, now));
  return { at: now.toISOString() };
}

/** True when the code was good and is now spent: a TOTP step or a recovery code works once. */
export async function spendSecondFactor(ctx: CommandContext, userId: string, code: string): Promise<boolean> {
  await limitAttempts(ctx, userId);
  const now = ctx.clock.now();
  if (!/^\d{6}$/.test(code)) return spendRecoveryCode(ctx, userId, code, now);
  for (const device of await selectDevices(ctx.db, userId)) {
    if (!device.confirmedAt) continue;
    const step = acceptedStep(
      secretOf(device),
      code,
      now,
      device.lastStep === null ? null : BigInt(device.lastStep),
    );
    if (step === null) continue;
    try {
      await ctx.commit(mfaEvent('mfa.code_used', userId, { device: device.id }), async tx => {
        if (!(await takeStep(tx, device.id, step))) throw wrongCode();
      });
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'mfa.code_wrong') return false;
      throw error;
    }
  }
  return false;
}

async function spendRecoveryCode(
  ctx: CommandContext,
  userId: string,
  code: string,
  now: Date,
): Promise<boolean> {
  try {
    await ctx.commit(mfaEvent('mfa.recovery_code_used', userId), async tx => {
      if (!(await takeRecoveryCode(tx, userId, recoveryHash(userId, code), now))) throw wrongCode();
    });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'mfa.code_wrong') return false;
    throw error;
  }
}

/** A six-digit code must not be guessable: ten tries at once, then one in twenty seconds. */
const limitAttempts = (ctx: CommandContext, userId: string) =>
  takeToken(ctx.database, `mfa:${userId}`, { capacity: 10, perSecond: 0.05 }, ctx.clock.now());

const rowsOf = (userId: string, codes: string[], now: Date) =>
  codes.map(code => ({ id: uuidv7(now.getTime()), hash: recoveryHash(userId, code) }));
