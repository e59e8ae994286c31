import { decode, encode } from 'next-auth/jwt';
import { env } from '../env/env.ts';
import { absoluteMs } from './session.ts';

/**
 * Over HTTPS the names carry `__Host-`, which the browser then binds to this host, to `Secure` and to the path `/`. Lax
 * rather than strict: a link from a chat to an approval must find its reader signed in.
 */
export function cookiesFor(publicUrl: string) {
  const secure = publicUrl.startsWith('https:');
  const cookie = (name: string) => ({
    name: `${secure ? '__Host-' : ''}atom-${name}`,
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure },
  });
  return {
    session: cookie('session'),
    csrf: cookie('csrf'),
    callback: cookie('callback'),
    /** Which browser went to the provider. */
    visit: cookie('visit'),
  };
}

export const cookieSecret = (): string => env().secret('next-auth').toString('base64url');

/** What next-auth puts into the cookie: encrypted, and nothing but our session id. */
export const sealSessionId = (sid: string, secret = cookieSecret()): Promise<string> =>
  encode({ token: { sid }, secret, maxAge: absoluteMs / 1000 });

/** The session a cookie names; undefined when it is missing, forged, expired or of another installation. */
export async function sessionIdFrom(cookieHeader: string | null): Promise<string | undefined> {
  const value = readCookie(cookieHeader, cookiesFor(env().publicUrl).session.name);
  if (!value || value.length > 4096) return undefined;
  try {
    const token = await decode({ token: value, secret: cookieSecret() });
    return typeof token?.sid === 'string' ? token.sid : undefined;
  } catch {
    return undefined;
  }
}

export function readCookie(header: string | null, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}
