import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';
import { answersAnonymously, pathHeader, signInPath } from '#kernel/auth/anonymous.ts';
import { cookiesFor } from '#kernel/auth/cookie.ts';
import { securityHeaders } from '#kernel/auth/headers.ts';
import { env } from '#kernel/env/env.ts';

/**
 * Every answer gets the security headers; a page without a session cookie leads to the sign-in page. Whether the cookie
 * is worth anything is decided where the page reads its data.
 */
export function proxy(request: NextRequest): NextResponse {
  const { publicUrl } = env();
  const { pathname, search } = request.nextUrl;
  const nonce = randomBytes(18).toString('base64');
  const headers = securityHeaders({
    nonce,
    https: publicUrl.startsWith('https:'),
    development: env().development,
  });
  const cookie = cookiesFor(publicUrl).session.name;
  const signedIn = request.cookies
    .getAll()
    .some(({ name }) => name === cookie || name.startsWith(`${cookie}.`));
  if (!signedIn && !answersAnonymously(pathname))
    return withHeaders(NextResponse.redirect(new URL(signInPath(pathname + search), request.url)), headers);
  // What does not decode names no page; the framework itself would answer with an error of the console's.
  if (!decodes(pathname))
    return withHeaders(NextResponse.rewrite(new URL('/not-there', request.url)), headers);
  const inner = new Headers(request.headers);
  inner.set('x-nonce', nonce);
  inner.set(pathHeader, pathname + search);
  inner.set('content-security-policy', headers['content-security-policy'] ?? ''); // Next reads the nonce from it
  return withHeaders(NextResponse.next({ request: { headers: inner } }), headers);
}

function decodes(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function withHeaders(response: NextResponse, headers: Record<string, string>): NextResponse {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

export const config = { matcher: '/((?!_next/static|_next/image).*)' };
