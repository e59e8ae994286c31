import { systemClock } from '../clock/clock.ts';
import { consoleDatabase } from '../db/dsn.ts';
import { env } from '../env/env.ts';
import { addressOf } from '../http/address.ts';
import { cookiesFor, readCookie, sealSessionId, sessionIdFrom } from './cookie.ts';
import { absoluteMs } from './session.ts';

/** Who comes along on the way to the provider and back; what a route handler hands to the use case. */
export async function visitorOf(request: Request) {
  const cookies = request.headers.get('cookie');
  return {
    from: {
      database: consoleDatabase(),
      clock: systemClock,
      ip: addressOf(request.headers.get('x-forwarded-for')),
      userAgent: request.headers.get('user-agent') ?? '',
    },
    sessionId: await sessionIdFrom(cookies),
    browser: readCookie(cookies, cookiesFor(env().publicUrl).visit.name),
    query: new URL(request.url).searchParams,
  };
}

/** Leads on, to a path of this console or to the provider, and sets what the browser keeps. */
export async function lead(
  to: string,
  keep: { browser?: string | null; sessionId?: string } = {},
): Promise<Response> {
  const cookies = cookiesFor(env().publicUrl);
  const headers = new Headers({
    location: new URL(to, env().publicUrl).toString(),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  const set = (cookie: (typeof cookies)['visit'], value: string, seconds: number) =>
    headers.append(
      'set-cookie',
      `${cookie.name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${cookie.options.secure ? '; Secure' : ''}`,
    );
  if (keep.browser !== undefined) set(cookies.visit, keep.browser ?? '', keep.browser ? 600 : 0);
  if (keep.sessionId) set(cookies.session, await sealSessionId(keep.sessionId), absoluteMs / 1000);
  return new Response(null, { status: 302, headers });
}
