import { env } from '#kernel/env/env.ts';
import { seal, unseal } from '#kernel/signing/seal.ts';

const sealKey = () => env().secret('seal');

export const sealedSecret = (deviceId: string, secret: string): string =>
  seal(sealKey(), secret, `totp_device:${deviceId}`);

export const secretOf = (device: { id: string; sealedSecret: string }): string =>
  unseal(sealKey(), device.sealedSecret, `totp_device:${device.id}`).toString();
