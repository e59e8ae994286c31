import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { systemClock } from '../clock/clock.ts';
import { consoleDatabase } from '../db/dsn.ts';
import { env } from '../env/env.ts';
import { addressOf } from '../http/address.ts';
import type { RequestContext } from '../trpc/context.ts';
import { pathHeader, signInPath } from './anonymous.ts';
import { sessionIdFrom } from './cookie.ts';
import { csrfSafe } from './csrf.ts';
import { resolvePrincipal } from './gate.ts';
import { anonymous } from './principal.ts';

/** The context of a route handler: cookie or bearer token, and whether the request comes from our own pages. */
export async function contextOf(request: Request): Promise<RequestContext> {
  const database = consoleDatabase();
  const given = request.headers;
  const authorization = given.get('authorization') ?? undefined;
  const sessionId = authorization ? undefined : await sessionIdFrom(given.get('cookie'));
  const principal = await resolvePrincipal({ authorization, sessionId }, { database, clock: systemClock });
  const own = [
    new URL(env().publicUrl).origin,
    `http://${given.get('host')}`,
    `https://${given.get('host')}`,
  ];
  const idempotencyKey = given.get('idempotency-key');
  return {
    principal,
    database,
    clock: systemClock,
    request: {
      channel: 'console',
      ip: addressOf(given.get('x-forwarded-for')),
      userAgent: given.get('user-agent') ?? '',
      ...(idempotencyKey ? { idempotencyKey } : {}),
      csrfSafe:
        authorization !== undefined ||
        csrfSafe({
          method: request.method,
          origin: given.get('origin'),
          fetchSite: given.get('sec-fetch-site'),
          marker: given.get('x-atom-csrf'),
          ownOrigins: own,
        }),
    },
  };
}

/** For server components: who is looking at this page. Reads only; a page never changes anything. */
export async function pageContext(): Promise<RequestContext> {
  const all = await headers();
  const sessionId = await sessionIdFrom(all.get('cookie'));
  const database = consoleDatabase();
  const principal = sessionId
    ? await resolvePrincipal({ sessionId }, { database, clock: systemClock })
    : anonymous;
  return {
    principal,
    database,
    clock: systemClock,
    request: { channel: 'console', ip: 'direct', csrfSafe: false },
  };
}

/** Where somebody goes who has not chosen a password of their own yet, or was given no role. */
const chooseOwn = '/settings/profile';

/** For the pages behind the sign-in page: sends away who is not signed in, and brings them back afterwards. */
export async function requirePage(): Promise<RequestContext> {
  const context = await pageContext();
  const path = (await headers()).get(pathHeader) ?? '/';
  if (context.principal.kind !== 'user') redirect(signInPath(path));
  const { only, holders } = context.principal;
  const ownAccountOnly = only !== undefined || holders.includes('guest');
  if (ownAccountOnly && !path.startsWith(chooseOwn) && !path.startsWith('/settings/security'))
    redirect(chooseOwn);
  return context;
}
