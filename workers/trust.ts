import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { restRequest, send } from '#kernel/http/rest/carry.ts';
import { refusal } from '#kernel/http/rest/response.ts';
import { type Loop, startLoop } from '#kernel/jobs/loop.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { refreshDue } from '#server/federation/trust/service/refresh.ts';
import { ownBundle, selfOf } from '#server/federation/trust/service/self.ts';
import { announce, takeAnnouncement } from '#server/federation/trust/service/spread.ts';
import { answerHeaders } from '#server/federation/trust/service/wire.ts';

interface Deps {
  database: Database;
  clock: Clock;
}

/** Revocations go out at once; bundles are refreshed when their time has come. Two loops: a slow member delays no news. */
export function keepTrust(database: Database, clock: Clock): Loop[] {
  const ctx = () => systemContext('trust.keep', database, clock);
  return [
    startLoop('trust-announce', 250, () => announce(ctx()), 'Tells the members what was revoked'),
    startLoop(
      'trust-refresh',
      1000,
      async () => {
        await ownBundle({ database, clock });
        return refreshDue(ctx());
      },
      'Refreshes the bundles of the members',
    ),
  ];
}

const type = 'application/json';

/** Both routes need what the general adapter does not carry: signatures over the message itself. */
export const attachTrust =
  (deps: Deps) =>
  (server: FastifyInstance): void => {
    server.get('/federation/bundle', async (request, reply) => {
      const known = (restRequest(request).query.get('known') ?? '')
        .split(',')
        .filter(id => /^[0-9a-f]{64}$/.test(id));
      const body = Buffer.from(JSON.stringify((await ownBundle(deps)).body));
      return reply
        .headers({
          ...(await answerHeaders(deps, body, type, known.slice(0, 16))),
          'cache-control': 'no-store',
        })
        .send(body);
    });
    server.post('/federation/announce', async (request, reply) => {
      try {
        await takeToken(
          deps.database,
          `federation:${request.ip}`,
          { capacity: 60, perSecond: 10 },
          deps.clock.now(),
        );
        const ctx = systemContext('trust.announce', deps.database, deps.clock);
        const self = selfOf(deps);
        const { header, body } = restRequest(request);
        const message = {
          method: 'POST',
          url: addressed(request, self.endpoint),
          header,
          body: body ?? Buffer.alloc(0),
        };
        return await reply.send(await takeAnnouncement(ctx, message, self.trustDomain));
      } catch (error) {
        return send(reply, refusal(error));
      }
    });
  };

/** The address it was sent to, as the sender signed it: by our own name, or by the address this port listens on. */
function addressed(request: FastifyRequest, endpoint: string): URL {
  const own = new URL(endpoint);
  const local = `${request.socket.localAddress}:${request.socket.localPort}`;
  const host = request.headers.host === local ? local : own.host;
  const scheme = request.headers.host === local ? 'http:' : own.protocol;
  return new URL(`${scheme}//${host}${request.url}`);
}
