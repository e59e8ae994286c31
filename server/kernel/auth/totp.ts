import { Secret, TOTP } from 'otpauth';

const period = 30;
const window = 1;

export const newTotpSecret = (): string => new Secret({ size: 20 }).base32;

export const otpauthUri = (secret: string, account: string): string =>
  new TOTP({
    issuer: 'ATOM Console',
    label: account,
    secret: Secret.fromBase32(secret),
    period,
    digits: 6,
  }).toString();

export const totpCode = (secret: string, now: Date): string =>
  new TOTP({ secret: Secret.fromBase32(secret), period, digits: 6 }).generate({ timestamp: now.getTime() });

/**
 * The time step the code belongs to, or null. A step at or below the last accepted one is refused: each code is spent
 * once (RFC 6238, 5.2). One step of clock difference either way is accepted.
 */
export function acceptedStep(
  secret: string,
  code: string,
  now: Date,
  lastStep: bigint | null,
): bigint | null {
  if (!/^\d{6}$/.test(code)) return null;
  const totp = new TOTP({ secret: Secret.fromBase32(secret), period, digits: 6 });
  const delta = totp.validate({ token: code, timestamp: now.getTime(), window });
  if (delta === null) return null;
  const step = BigInt(Math.floor(now.getTime() / 1000 / period) + delta);
  return lastStep !== null && step <= lastStep ? null : step;
}
