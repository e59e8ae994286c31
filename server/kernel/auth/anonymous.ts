/**
 * The one table of what answers without signing in. Pages elsewhere lead to the sign-in page; what a route handler or a
 * procedure gives away is still decided by its own permission.
 */
const anonymousPrefixes = [
  '/sign-in',
  '/api',
  '/.well-known',
  '/healthz',
  '/readyz',
  '/metrics',
  '/approve',
  '/tlog',
  '/kit',
] as const;

/** The portal's public face; what else lies under it asks for signing in. */
const anonymousPaths: readonly string[] = ['/portal', '/portal/sync', '/portal/hashes', '/portal/checkpoint'];

export const answersAnonymously = (path: string): boolean =>
  anonymousPaths.includes(path) ||
  anonymousPrefixes.some(prefix => path === prefix || path.startsWith(`${prefix}/`)) ||
  /^\/[\w.-]+\.(?:ico|svg|png|txt|webmanifest)$/.test(path);

/** Where to go after signing in: a path of our own, never another site, whatever the link said. */
export function safeNext(next: string | null | undefined): string {
  if (!next?.startsWith('/') || /[\\\p{Cc}]/u.test(next)) return '/';
  const base = 'http://console.invalid';
  const url = URL.parse(next, base);
  if (url?.origin !== base || url.pathname.startsWith('//')) return '/'; // dots may have folded to `//host`
  return answersAnonymously(url.pathname) ? '/' : `${url.pathname}${url.search}${url.hash}`;
}

export const signInPath = (path: string): string =>
  path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`;

/** The proxy tells server components which page was asked for; whatever a caller sends under this name is replaced. */
export const pathHeader = 'x-atom-path';
