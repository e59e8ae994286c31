import QRCode from 'qrcode';
import { acceptedStep, newTotpSecret, otpauthUri } from '#kernel/auth/totp.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { lastFactor, noSuchDevice, wrongCode } from '../errors.ts';
import { mfaEvent } from '../events.ts';
import { mayRemove } from '../rules.ts';
import type { Factors } from '../schema.ts';
import {
  confirmDevice,
  deleteDevice,
  insertDevice,
  lockedFactorCount,
  markMfa,
  selectDevices,
  takeStep,
} from '../store/devices.ts';
import { firstCodes, readFactors } from './factors.ts';
import { personOf, proveForEnrolment } from './person.ts';
import { sealedSecret, secretOf } from './secret.ts';

export async function beginEnrolment(
  ctx: CommandContext,
  { name, currentPassword }: { name: string; currentPassword?: string | undefined },
) {
  const { userId } = personOf(ctx);
  await proveForEnrolment(ctx, currentPassword);
  const now = ctx.clock.now();
  const id = uuidv7(now.getTime());
  const secret = newTotpSecret();
  const device = { id, userId, name, sealedSecret: sealedSecret(id, secret) };
  await ctx.commit(mfaEvent('mfa.enrolment_started', userId, { device: name }), tx =>
    insertDevice(tx, device, now),
  );
  const uri = otpauthUri(secret, ctx.principal.name);
  return { deviceId: id, uri, secret, qr: qrRows(uri) };
}

function qrRows(text: string): string[] {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' });
  return Array.from({ length: modules.size }, (_, y) =>
    Array.from({ length: modules.size }, (_, x) => (modules.get(y, x) ? '1' : '0')).join(''),
  );
}

/** The first factor brings recovery codes; they are shown this once. */
export async function confirmEnrolment(ctx: CommandContext, deviceId: string, code: string) {
  const { userId, sessionId } = personOf(ctx);
  const now = ctx.clock.now();
  // A six-digit code must not be guessable: ten tries at once, then one in twenty seconds.
  await takeToken(ctx.database, `mfa:${userId}`, { capacity: 10, perSecond: 0.05 }, now);
  const device = (await selectDevices(ctx.db, userId)).find(d => d.id === deviceId && !d.confirmedAt);
  if (!device) throw noSuchDevice(deviceId);
  const step = acceptedStep(secretOf(device), code, now, null);
  if (step === null) throw wrongCode();
  const recoveryCodes = await ctx.commit(
    mfaEvent('mfa.enrolled', userId, { device: device.name }),
    async tx => {
      const codes = await firstCodes(tx, userId, now);
      if (!(await confirmDevice(tx, deviceId, now)) || !(await takeStep(tx, deviceId, step)))
        throw wrongCode();
      await markMfa(tx, sessionId, now);
      return codes;
    },
  );
  return { recoveryCodes };
}

export async function removeDevice(ctx: CommandContext, deviceId: string): Promise<Factors> {
  const { userId } = personOf(ctx);
  await ctx.commit(mfaEvent('mfa.removed', userId, { device: deviceId }), async tx => {
    const state = await lockedFactorCount(tx, userId);
    if (!(await deleteDevice(tx, userId, deviceId))) throw noSuchDevice(deviceId);
    if (!mayRemove(state)) throw lastFactor();
  });
  return readFactors(ctx);
}
