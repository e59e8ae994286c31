import { z } from 'zod';

export const secondFactor = z.string().trim().min(6, 'Six digits, or a recovery code.').max(40);
export const enrolInput = z.strictObject({ name: z.string().trim().min(1, 'Name the device.').max(60) });
export const enrolment = z.object({
  deviceId: z.uuid(),
  uri: z.string(),
  secret: z.string(),
  /** Rows of the QR code, one character a module. */
  qr: z.array(z.string()),
});
export const confirmInput = z.strictObject({ deviceId: z.uuid(), code: secondFactor });
export const confirmed = z.object({ recoveryCodes: z.array(z.string()) });
export const codeInput = z.strictObject({ code: secondFactor });
export const deviceRef = z.strictObject({ deviceId: z.uuid() });
export const devices = z.object({
  devices: z.array(z.object({ id: z.uuid(), name: z.string(), createdAt: z.string() })),
  recoveryCodesLeft: z.int(),
});
export type Devices = z.output<typeof devices>;
export const steppedUp = z.object({ at: z.string() });
