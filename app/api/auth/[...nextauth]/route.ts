import { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { authOptions } from '#kernel/auth/next-auth.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { limitedBody } from '#kernel/http/body.ts';
import { signIn, signInWithPasskey, signOut } from '#server/root.ts';

const handler = async (request: NextRequest, context: unknown) => {
  const limited = await limitedBody(request);
  if (limited instanceof Response) return limited;
  const from = { database: consoleDatabase(), clock: systemClock };
  return NextAuth(
    authOptions({
      signIn: ({ ip, userAgent, ...input }) => signIn(input, { ...from, ip, userAgent }),
      signInWithPasskey: ({ ip, userAgent, challengeId, response }) =>
        signInWithPasskey({ challengeId, response }, { ...from, ip, userAgent }),
      signOut: sessionId => signOut(sessionId, from),
    }),
  )(limited === request ? request : new NextRequest(limited), context);
};

export { handler as GET, handler as POST };
