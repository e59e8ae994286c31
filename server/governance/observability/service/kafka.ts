import { type Consumer, type EachBatchPayload, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { gatewayState } from '#kernel/env/gateways.ts';
import { log } from '#kernel/log/log.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import { binaryCloudEvent, lineOf } from '../rules/formats/body.ts';
import { isObject, type Line, parseLine, stableId } from '../rules/formats/line.ts';
import { ingestLines } from './ingest.ts';
import { rejectedOf } from './rejections.ts';
import { pullOnce } from './source.ts';

export interface KafkaSettings {
  brokers: string[];
  topics: string[];
  group: string;
}

const name = { id: 'kafka', kind: 'events', title: 'Kafka', simulated: false };

/** Null where no Kafka is connected. */
export function kafkaSettings(): KafkaSettings | null {
  const { KAFKA_URL, KAFKA_TOPICS, KAFKA_GROUP } = env().vars;
  if (!KAFKA_URL || gatewayState('stream').state !== 'real') return null;
  const list = (text: string) =>
    text
      .split(',')
      .map(part => part.trim())
      .filter(Boolean);
  return { brokers: list(KAFKA_URL), topics: list(KAFKA_TOPICS), group: KAFKA_GROUP };
}

export interface RunningKafka {
  stop(): Promise<void>;
}

/**
 * A member of a consumer group. Offsets are committed after the events are durable: what is delivered twice after a crash
 * has the same id and is written once.
 */
export async function startKafka(
  database: Database,
  clock: Clock,
  settings: KafkaSettings | null = kafkaSettings(),
): Promise<RunningKafka | null> {
  if (!settings) return null;
  const ctx = systemContext('telemetry.kafka', database, clock);
  const kafka = new Kafka({
    clientId: 'atom-console',
    brokers: settings.brokers,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 300, maxRetryTime: 30_000 },
  });
  const consumer = kafka.consumer({ groupId: settings.group, sessionTimeout: 30_000 });
  let stopped = false;
  const running = keepConsuming(consumer, settings, ctx, () => stopped);
  return {
    stop: async () => {
      stopped = true;
      await consumer.disconnect().catch(() => {});
      await running;
    },
  };
}

/** A broker that is away is tried again, with longer and longer pauses, and stands on the page of sources meanwhile. */
async function keepConsuming(
  consumer: Consumer,
  { topics }: KafkaSettings,
  ctx: CommandContext,
  stopped: () => boolean,
): Promise<void> {
  for (let failures = 0; !stopped(); ) {
    const connected = await pullOnce(ctx, name, async () => {
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: 2,
        eachBatch: batch => takeBatch(ctx, consumer, batch),
      });
      return { cursor: null, pulled: 0, lagSeconds: null };
    }).catch(error => {
      log().warn({ event: 'telemetry.kafka_failed', error });
      return null;
    });
    if (connected !== null) return;
    failures += 1;
    await new Promise(resolve => setTimeout(resolve, Math.min(60_000, 1000 * 2 ** failures)).unref());
  }
}

const chunk = 1000;

async function takeBatch(ctx: CommandContext, consumer: Consumer, payload: EachBatchPayload): Promise<void> {
  const { batch, heartbeat, isRunning, isStale, resolveOffset } = payload;
  const { topic, partition, messages } = batch;
  for (let at = 0; at < messages.length && isRunning() && !isStale(); at += chunk) {
    const part = messages.slice(at, at + chunk);
    const last = part.at(-1);
    if (!last) return;
    const lines = part.map((message, index) => lineOfMessage(message, index + 1, topic, partition));
    const taken = await pullOnce(ctx, name, async () => {
      const result = await patiently(() => ingestLines(ctx, 'kafka', lines), heartbeat);
      resolveOffset(last.offset);
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last.offset) + 1n) }]);
      const behind = (ctx.clock.now().getTime() - Number(last.timestamp)) / 1000;
      const caughtUp = BigInt(batch.highWatermark) - 1n <= BigInt(last.offset);
      return {
        cursor: null,
        pulled: result.accepted,
        rejected: rejectedOf(result, lines),
        lagSeconds: caughtUp ? 0 : Math.max(0, behind),
      };
    });
    // Neither resolved nor committed: the group brings the same messages again.
    if (taken === null) throw new Error(`Messages of ${topic}/${partition} could not be written.`);
    await heartbeat();
  }
}

/** A full queue means wait, not fail: the broker keeps the messages. */
async function patiently<T>(work: () => Promise<T>, heartbeat: () => Promise<void>): Promise<T> {
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (asDomainError(error)?.code !== 'ingest.busy') throw error;
      await heartbeat();
      await new Promise(resolve => setTimeout(resolve, 100));
    }
}

/** A message is one event, or one CloudEvent in either mode; where it names none, its place in the log is its id. */
function lineOfMessage(message: KafkaMessage, line: number, topic: string, partition: number): Line {
  if (!message.value) return { line, problem: 'An empty message.' };
  const parsed = parseLine(message.value.toString('utf8'), line);
  if (parsed.event === undefined) return parsed;
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([key, value]) => [key.toLowerCase(), String(value ?? '')]),
  );
  const binary = headers.ce_specversion !== undefined;
  const named = Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [key.replace(/^ce_/, 'ce-'), value]),
  );
  const made = lineOf(binary ? binaryCloudEvent(named, parsed.event) : parsed.event, line);
  if (!isObject(made.event)) return made;
  const tenant = headers.tenant_id ? { tenant_id: headers.tenant_id } : {};
  return {
    line,
    event: { id: stableId('kafka', topic, partition, message.offset), ...tenant, ...made.event },
  };
}
