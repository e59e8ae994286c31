import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { env } from '../env/env.ts';
import { randomToken } from '../ids/ids.ts';
import { seal, unseal } from '../signing/seal.ts';
import { maxTenantTokenMinutes } from './session.ts';

/** Short-lived tokens that bind their bearer to one tenant. Ed25519; verified against our own published keys only. */
export const tenantAudience = 'atom-console';

export interface JwtKeyRow {
  id: string;
  publicJwk: JWK;
  sealedKey: string;
}

const sealKey = () => env().secret('seal');

export async function newJwtKey(): Promise<JwtKeyRow> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const id = randomToken(9);
  const publicJwk = { ...(await exportJWK(publicKey)), kid: id, use: 'sig', alg: 'EdDSA' };
  const secret = JSON.stringify(await exportJWK(privateKey));
  return { id, publicJwk, sealedKey: seal(sealKey(), secret, `jwt_key:${id}`) };
}

/** The private half, for as long as it takes to sign. */
export const privateKeyOf = (key: JwtKeyRow) =>
  importJWK(JSON.parse(unseal(sealKey(), key.sealedKey, `jwt_key:${key.id}`).toString()) as JWK, 'EdDSA');

export async function signTenantToken(key: JwtKeyRow, tenantId: string, minutes: number, now: Date) {
  const issued = Math.floor(now.getTime() / 1000);
  const jti = randomToken(16);
  const token = await new SignJWT({ tenant: tenantId })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.id, typ: 'JWT' })
    .setIssuer(env().publicUrl)
    .setAudience(tenantAudience)
    .setSubject(`tenant:${tenantId}`)
    .setJti(jti)
    .setIssuedAt(issued)
    .setExpirationTime(issued + Math.min(minutes, maxTenantTokenMinutes) * 60)
    .sign(await privateKeyOf(key));
  return { token, jti, expiresAt: new Date((issued + minutes * 60) * 1000) };
}

/** The tenant the token speaks for, or null: expired, forged, for somebody else, or of another algorithm. */
export async function verifyTenantToken(
  token: string,
  keys: readonly JWK[],
  now: Date,
): Promise<{ tenantId: string; jti: string } | null> {
  try {
    const { payload } = await jwtVerify(
      token,
      header => {
        const key = keys.find(k => k.kid === header.kid);
        if (!key) throw new Error('Unknown key.');
        return importJWK(key, 'EdDSA');
      },
      {
        algorithms: ['EdDSA'],
        audience: tenantAudience,
        issuer: env().publicUrl,
        currentDate: now,
        maxTokenAge: '61m',
        requiredClaims: ['exp', 'jti', 'tenant'],
      },
    );
    return typeof payload.tenant === 'string' && payload.jti
      ? { tenantId: payload.tenant, jti: payload.jti }
      : null;
  } catch {
    return null;
  }
}
