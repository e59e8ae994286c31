import { resolvePrincipal } from '#kernel/auth/gate.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { openDatabase } from '#kernel/db/database.ts';
import { freshness } from '#kernel/ledger/state.ts';
import { log } from '#kernel/log/log.ts';
import { createCaller, signIn } from '#server/root.ts';

/** Run by a test in a process of its own with the loudest log: signs in, fails, and tries to log secrets outright. */
freshness.limitSeconds = Number.POSITIVE_INFINITY; // nobody sequences beside it, however slow the machine
const { dsn, name, password, token } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;
const database = openDatabase(dsn ?? '');
const clock = systemClock;
const from = { database, clock, ip: '192.0.2.7', userAgent: 'test' };
const { sessionId } = await signIn({ name: name ?? '', password: password ?? '' }, from);
await signIn({ name: name ?? '', password: `${password}-wrong` }, from).catch(error => log().warn({ error }));
const principal = await resolvePrincipal({ sessionId }, { database, clock });
const caller = createCaller({
  principal,
  database,
  clock,
  request: { channel: 'test', ip: '192.0.2.7', csrfSafe: true },
});
await caller.identity
  .changePassword({ currentPassword: `${password}-wrong`, newPassword: `${password}-next` })
  .catch(error => log().error({ event: 'refused', error, cause: error.cause }));
await caller.identity.changePassword({ currentPassword: password ?? '', newPassword: `${password}-next` });
await resolvePrincipal({ authorization: `Bearer ${token}` }, { database, clock }).catch(error =>
  log().error({ error, headers: { authorization: `Bearer ${token}` } }, `refused Bearer ${token}`),
);
log().info({ password, input: { newPassword: `${password}-next`, password } });
await database.close();
