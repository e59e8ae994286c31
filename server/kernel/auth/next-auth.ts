import type { NextAuthOptions } from 'next-auth';
import CredentialsProvider from 'next-auth/providers/credentials';
import { env } from '../env/env.ts';
import { DomainError } from '../errors/domain-error.ts';
import { addressOf } from '../http/address.ts';
import { cookieSecret, cookiesFor } from './cookie.ts';
import { absoluteMs } from './session.ts';

export interface SignInAttempt {
  name: string;
  password: string;
  code?: string;
  ip: string;
  userAgent: string;
}

export interface PasskeyAttempt {
  challengeId: string;
  response: unknown;
  ip: string;
  userAgent: string;
}

export interface SignInPort {
  signInWithPasskey(attempt: PasskeyAttempt): Promise<{ sessionId: string; name: string }>;
  signIn(attempt: SignInAttempt): Promise<{ sessionId: string; name: string }>;
  signOut(sessionId: string): Promise<void>;
}

/**
 * next-auth keeps the encrypted cookie; what it carries is our session id only. Whether that session still holds (idle
 * time included), and with which roles, is looked up at each request; the cookie merely outlives it.
 */
export function authOptions(port: SignInPort): NextAuthOptions {
  const cookies = cookiesFor(env().publicUrl);
  return {
    secret: cookieSecret(),
    session: { strategy: 'jwt', maxAge: absoluteMs / 1000 },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    cookies: { sessionToken: cookies.session, csrfToken: cookies.csrf, callbackUrl: cookies.callback },
    logger: { error: () => {}, warn: () => {}, debug: () => {} }, // refusals are ledger entries and wide events of our own
    providers: [
      CredentialsProvider({
        name: 'password',
        credentials: { name: {}, password: {}, code: {} },
        authorize: (given, request) =>
          opened(() =>
            port.signIn({
              name: String(given?.name ?? ''),
              password: String(given?.password ?? ''),
              ...(given?.code ? { code: String(given.code) } : {}),
              ...cameFrom(request.headers),
            }),
          ),
      }),
      CredentialsProvider({
        id: 'passkey',
        name: 'passkey',
        credentials: { challengeId: {}, response: {} },
        authorize: (given, request) =>
          opened(() =>
            port.signInWithPasskey({
              challengeId: String(given?.challengeId ?? ''),
              response: parsed(String(given?.response ?? '')),
              ...cameFrom(request.headers),
            }),
          ),
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => (user ? { sid: user.id } : token),
      session: ({ session }) => session,
    },
    events: {
      signOut: async ({ token }) => {
        if (typeof token?.sid === 'string') await port.signOut(token.sid);
      },
    },
  };
}

const cameFrom = (headers: Record<string, unknown> | undefined) => ({
  ip: addressOf(headers?.['x-forwarded-for'] as string | undefined),
  userAgent: String(headers?.['user-agent'] ?? ''),
});

async function opened(signIn: () => Promise<{ sessionId: string; name: string }>) {
  try {
    const { sessionId, name } = await signIn();
    return { id: sessionId, name };
  } catch (error) {
    // next-auth passes only the message on: the page turns the code into words.
    throw new Error(error instanceof DomainError ? error.code : 'internal');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
