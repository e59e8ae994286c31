import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { problemOf } from '#kernel/errors/problem.ts';
import { limitedBody } from '#kernel/http/body.ts';
import { log } from '#kernel/log/log.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import { receiveSlack, receiveTelegram } from './platform/notifications/service/callbacks.ts';

type Receiver = (ctx: CommandContext, request: Request, body: string) => Promise<unknown>;

const receivers: Record<string, Receiver> = {
  slack: (ctx, request, body) =>
    receiveSlack(ctx, {
      timestamp: request.headers.get('x-slack-request-timestamp'),
      signature: request.headers.get('x-slack-signature'),
      body,
    }),
  telegram: (ctx, request, body) =>
    receiveTelegram(ctx, { secret: request.headers.get('x-telegram-bot-api-secret-token'), body }),
};

/** What chat services call. Each proves itself by its own signature; nothing else here is believed. */
export async function answerCallback(
  channel: string,
  request: Request,
  ctx: CommandContext = systemContext('notifications.callback', consoleDatabase(), systemClock),
): Promise<Response> {
  const receiver = Object.hasOwn(receivers, channel) ? receivers[channel] : undefined;
  if (!receiver) return new Response(null, { status: 404 });
  const limited = await limitedBody(request);
  if (limited instanceof Response) return limited;
  try {
    return Response.json(await receiver(ctx, limited, await limited.text()), {
      headers: { 'cache-control': 'no-store' },
    });
  } catch (error) {
    const known = asDomainError(error);
    if (!known) log().error({ event: 'callback.failed', channel, error });
    const problem = problemOf(known ?? error);
    return Response.json(problem, {
      status: problem.status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    });
  }
}
