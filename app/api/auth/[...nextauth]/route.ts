import NextAuth from 'next-auth';
import { authOptions } from '#kernel/auth/next-auth.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { signIn, signOut } from '#server/root.ts';

const handler = (request: Request, context: unknown) => {
  const from = { database: consoleDatabase(), clock: systemClock };
  return NextAuth(
    authOptions({
      signIn: ({ ip, userAgent, ...input }) => signIn(input, { ...from, ip, userAgent }),
      signOut: sessionId => signOut(sessionId, from),
    }),
  )(request, context);
};

export { handler as GET, handler as POST };
