import { env } from '#kernel/env/env.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommitEvent, JobRequest } from '#kernel/ledger/event.ts';
import { counter, histogram } from '#kernel/metrics/metrics.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { deliverJob, notificationEvent } from '../events.ts';
import type { Answer, ChannelGateway } from '../gateway.ts';
import { maxAttempts, waitMs } from '../rules/backoff.ts';
import { admission, closed, following, probing } from '../rules/circuit.ts';
import { contentOf } from '../rules/content.ts';
import type { Exchange } from '../rules/exchange.ts';
import {
  allDead,
  claimDelivery,
  findWork,
  insertAttempt,
  insertDeliveries,
  type Settled,
  settleDelivery,
  type Work,
} from '../store/deliveries.ts';
import { lockMessage, markUndelivered } from '../store/messages.ts';
import { lockCircuit, saveCircuit } from '../store/settings.ts';
import { takingBack } from './accept.ts';
import { gatewayOf, targetOf } from './gateways.ts';
import { jobsOfUnheard } from './unheard.ts';

const leaseMs = 60_000;
const callMs = 25_000;

const deliveries = counter('notifications_deliveries_total', 'Tries to deliver, by how they ended', [
  'channel',
  'outcome',
  'simulated',
]);
const seconds = histogram('notifications_call_duration_seconds', 'Time a channel took to answer', [
  'channel',
]);

export interface DeliverOptions {
  gateway?: (channel: Work['channel']) => ChannelGateway;
  random?: () => number;
  signal?: AbortSignal;
}

/**
 * One try of one delivery: lease, call, settle. The call happens outside every transaction. A worker that dies between
 * the call and the settling leaves a lease that runs out, and the next try says the same id again.
 */
export async function deliver(ctx: CommandContext, id: string, options: DeliverOptions = {}): Promise<void> {
  const now = ctx.clock.now();
  const token = uuidv7(now.getTime());
  const lease = { token, until: new Date(now.getTime() + leaseMs) };
  if (!(await ctx.database.write(ctx.scope, tx => claimDelivery(tx, id, lease, now)))) return;
  const work = await findWork(ctx.db, id);
  if (!work) return;
  const gateway = (options.gateway ?? gatewayOf)(work.channel);
  const over = overBefore(work, now);
  if (over) return settle(ctx, work, token, { state: 'cancelled', error: over });
  // Only workers that died can have counted further than a settled try does: what kills them is not tried for ever.
  if (work.attempts > maxAttempts)
    return settle(ctx, work, token, { state: 'dead', error: 'Every try ended without an answer.' });
  const target = await targetOf(ctx, work.channel, work.recipient);
  if (!target)
    return settle(ctx, work, token, { state: 'cancelled', error: 'There is nobody to send it to any more.' });
  const wait = gateway.real ? await heldUntil(ctx, work, now) : null;
  if (wait) {
    const error = 'The channel is being spared after repeated failures.';
    return settle(ctx, work, token, { state: 'waiting', nextAt: wait, error, uncounted: true });
  }
  const deadline = AbortSignal.timeout(callMs);
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  const parcel = {
    id: work.id,
    content: contentOf(work.message, env().publicUrl),
    nonce: work.nonce,
    target,
    now,
  };
  const stop = seconds.startTimer({ channel: work.channel });
  const started = performance.now();
  const answer =
    work.purpose === 'send'
      ? await gateway.send(parcel, signal)
      : await gateway.retire(parcel, work.sentRemote, work.message.outcome ?? 'decided', signal);
  stop();
  if (gateway.real) await noteCircuit(ctx, work, healthOf(answer));
  const outcome = settledBy(answer, work, ctx.clock.now(), (options.random ?? Math.random)());
  await settle(ctx, work, token, outcome, {
    exchange: { request: answer.request, response: answer.response },
    outcome: answer.result,
    millis: Math.round(performance.now() - started),
  });
  deliveries.inc({
    channel: work.channel,
    outcome: outcome.state === 'waiting' ? 'retry' : outcome.state,
    simulated: String(!gateway.real),
  });
}

function overBefore({ purpose, message }: Work, now: Date): string | null {
  if (purpose === 'retire') return null;
  if (message.state === 'retired') return 'The matter was settled before it was sent.';
  if (message.expiresAt !== null && Date.parse(message.expiresAt) <= now.getTime())
    return 'Its time had run out before it was sent.';
  return null;
}

/** Each endpoint stands for itself: one that is broken spares no other. */
export const circuitKey = (work: Pick<Work, 'channel' | 'recipient'>): string =>
  work.channel === 'webhook' ? `webhook:${work.recipient.replace('endpoint:', '')}` : work.channel;

async function heldUntil(ctx: CommandContext, work: Work, now: Date): Promise<Date | null> {
  return ctx.database.write(ctx.scope, async tx => {
    const circuit = await lockCircuit(tx, circuitKey(work), closed(now));
    const said = admission(circuit, now);
    if (!said.admit) return said.until;
    if (said.probe) await saveCircuit(tx, circuitKey(work), probing(circuit, now));
    return null;
  });
}

async function noteCircuit(
  ctx: CommandContext,
  work: Work,
  said: 'ok' | 'failed' | 'neutral',
): Promise<void> {
  const now = ctx.clock.now();
  await ctx.database.write(ctx.scope, async tx => {
    const circuit = await lockCircuit(tx, circuitKey(work), closed(now));
    const next = following(circuit, said, now);
    if (next !== circuit) await saveCircuit(tx, circuitKey(work), next);
  });
}

function healthOf(answer: Answer): 'ok' | 'failed' | 'neutral' {
  if (answer.result === 'retry') return answer.patience ? 'neutral' : 'failed';
  if (answer.result === 'dead') return answer.fault === 'channel' ? 'failed' : 'neutral';
  return 'ok';
}

function settledBy(answer: Answer, work: Work, now: Date, random: number): Settled {
  if (answer.result === 'delivered')
    return { state: 'delivered', remote: answer.remote, effect: answer.effect };
  if (answer.result === 'simulated') return { state: 'simulated' };
  if (answer.result === 'dead') return { state: 'dead', error: answer.reason };
  if (work.attempts >= maxAttempts)
    return { state: 'dead', error: `${answer.reason} (given up after ${work.attempts} tries)` };
  const nextAt = new Date(now.getTime() + waitMs(work.attempts, random, answer.retryAfterMs));
  return { state: 'waiting', nextAt, error: answer.reason };
}

class LostLease extends Error {}

interface Tried {
  exchange: Exchange;
  outcome: Answer['result'];
  millis: number;
}

/** Row, attempt, message and what follows change together, or not at all when another worker holds the delivery now. */
async function settle(
  ctx: CommandContext,
  work: Work,
  token: string,
  to: Settled,
  tried?: Tried,
): Promise<void> {
  const now = ctx.clock.now();
  try {
    await ctx.commit<{ undelivered: boolean; jobs: JobRequest[] }>(
      result => eventOf(work, to, result),
      async tx => {
        const message = await lockMessage(tx, work.messageId);
        if (!(await settleDelivery(tx, work.id, token, to, now))) throw new LostLease();
        if (tried)
          await insertAttempt(
            tx,
            {
              id: uuidv7(now.getTime()),
              deliveryId: work.id,
              outcome: tried.outcome,
              millis: tried.millis,
              error: to.error ?? null,
              ...tried.exchange,
            },
            now,
          );
        const jobs = to.nextAt ? [deliverJob(work.id, to.nextAt)] : [];
        // It arrived while its matter was being settled: nobody else will take it back.
        if (work.purpose === 'send' && to.state === 'delivered' && message?.state === 'retired') {
          const back = takingBack(work, now);
          await insertDeliveries(tx, [back], now);
          jobs.push(deliverJob(back.id));
        }
        // Asked by whichever delivery ends last: one that was only recorded leaves nobody told, either.
        const undelivered =
          to.state !== 'waiting' &&
          to.state !== 'delivered' &&
          work.purpose === 'send' &&
          message?.state === 'open' &&
          !work.message.test &&
          (await allDead(tx, work.messageId));
        if (undelivered) {
          await markUndelivered(tx, work.messageId, now);
          jobs.push(...jobsOfUnheard(work.message.groupKey));
        }
        return { undelivered, jobs };
      },
    );
  } catch (error) {
    if (!(error instanceof LostLease)) throw error;
  }
}

const eventTypes = {
  delivered: 'notification.delivered',
  simulated: 'notification.simulated',
  dead: 'notification.given_up',
  cancelled: 'notification.cancelled',
  waiting: 'notification.deferred',
} as const;

function eventOf(
  work: Work,
  to: Settled,
  { undelivered, jobs }: { undelivered: boolean; jobs: JobRequest[] },
): CommitEvent {
  const event = notificationEvent(
    undelivered ? 'notification.undelivered' : eventTypes[to.state],
    undelivered ? { kind: 'notification', id: work.messageId } : { kind: 'delivery', id: work.id },
    {
      group: work.message.groupKey,
      channel: work.channel,
      purpose: work.purpose,
      attempt: work.attempts,
      ...(to.effect ? { effect: to.effect } : {}),
      ...(to.error ? { reason: to.error } : {}),
      ...(to.nextAt ? { next_at: to.nextAt.toISOString() } : {}),
    },
    jobs,
  );
  return undelivered ? { ...event, topics: [...(event.topics ?? []), { topic: 'alerts' }] } : event;
}
