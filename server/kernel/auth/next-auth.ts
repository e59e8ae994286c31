import type { NextAuthOptions } from 'next-auth';
import CredentialsProvider from 'next-auth/providers/credentials';
import { env } from '../env/env.ts';
import { DomainError } from '../errors/domain-error.ts';
import { idleMs } from './session.ts';

export interface SignInAttempt {
  name: string;
  password: string;
  code?: string;
  ip: string;
  userAgent: string;
}

/**
 * next-auth keeps the encrypted cookie; what it carries is our session id only. Whether that session still holds, and
 * with which roles, is looked up at each request.
 */
export function authOptions(
  signIn: (attempt: SignInAttempt) => Promise<{ sessionId: string; name: string }>,
): NextAuthOptions {
  const secure = env().publicUrl.startsWith('https:');
  const cookie = (name: string) => ({
    name: `${secure ? '__Host-' : ''}atom-${name}`,
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure },
  });
  return {
    secret: env().secret('next-auth').toString('base64url'),
    session: { strategy: 'jwt', maxAge: idleMs / 1000 },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    cookies: { sessionToken: cookie('session'), csrfToken: cookie('csrf'), callbackUrl: cookie('callback') },
    logger: { error: () => {}, warn: () => {}, debug: () => {} }, // refusals are ledger entries and wide events of our own
    providers: [
      CredentialsProvider({
        name: 'password',
        credentials: { name: {}, password: {}, code: {} },
        authorize: async (given, request) => {
          const headers = (request.headers ?? {}) as Record<string, string | undefined>;
          try {
            const opened = await signIn({
              name: String(given?.name ?? ''),
              password: String(given?.password ?? ''),
              ...(given?.code ? { code: String(given.code) } : {}),
              ip: headers['x-forwarded-for']?.split(',')[0]?.trim() ?? 'direct',
              userAgent: headers['user-agent'] ?? '',
            });
            return { id: opened.sessionId, name: opened.name };
          } catch (error) {
            // next-auth passes only the message on: the page turns the code into words.
            throw new Error(error instanceof DomainError ? error.code : 'internal');
          }
        },
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => (user ? { sid: user.id, name: user.name ?? '' } : token),
      session: ({ session }) => session,
    },
  };
}
