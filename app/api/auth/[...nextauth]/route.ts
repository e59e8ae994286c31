import NextAuth from 'next-auth';
import { authOptions } from '#kernel/auth/next-auth.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { signIn } from '#server/root.ts';

const handler = (request: Request, context: unknown) =>
  NextAuth(
    authOptions(({ ip, userAgent, ...input }) =>
      signIn(input, { database: consoleDatabase(), clock: systemClock, ip, userAgent }),
    ),
  )(request, context);

export { handler as GET, handler as POST };
