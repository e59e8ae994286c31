import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { closeIntake, intakeOf, type Prepared } from '#server/governance/observability/service/intake.ts';
import { copyLine } from '#server/governance/observability/store/write.ts';
import { systems } from '#server/systems.ts';
import { attachIntake } from '#workers/intake.ts';
import { portServer } from '#workers/ports.ts';
import { beside, quantile, type Row } from './measure.ts';

const count = 20_000;
const chunk = 1000;
const message = (n: number) =>
  `GET /products/${n % 9000} 200 in ${20 + (n % 160)} ms, request ${(n * 7919).toString(16)}`;

function prepared(n: number): Prepared {
  const now = new Date();
  return {
    tenantId: `t-${1 + (n % 50)}`,
    ts: now,
    id: randomUUID(),
    keyed: false,
    receivedAt: now,
    event: 'http_request',
    severity: 1,
    service: `service-${n % 40}`,
    region: 'eu-west',
    message: message(n),
    templateId: null,
    traceId: null,
    attributes: '{"version":"1.4.2"}',
    source: 'http',
    simulated: true,
  };
}

const psql = spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;

/** The limit: the same rows into the same partition by `psql \copy`, or by COPY from here where there is no psql. */
async function bareCopy(database: Database): Promise<void> {
  const batch = randomUUID();
  const text = Array.from({ length: count }, (_, n) => copyLine({ ...prepared(n), batch })).join('');
  const leaf = `atom_telemetry.telemetry_event_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
  const columns =
    'tenant_id, ts, id, received_at, event, severity, service, region, message, template_id, trace_id, attributes, source, simulated, batch';
  if (psql) {
    const child = spawn(
      'psql',
      [
        database.url('atom_ingest'),
        '-q',
        '-v',
        'ON_ERROR_STOP=1',
        '-c',
        `\\copy ${leaf} (${columns}) from stdin`,
      ],
      {
        stdio: ['pipe', 'ignore', 'inherit'],
      },
    );
    child.stdin.end(text);
    const status = await new Promise(resolve => child.on('close', resolve));
    if (status !== 0) throw new Error('psql could not copy.');
    return;
  }
  const client = await database.pool('atom_ingest').connect();
  const stream = client.query(copyFrom(`copy ${leaf} (${columns}) from stdin`));
  stream.end(text);
  await finished(stream);
  client.release();
}

async function inParallel(tasks: (() => Promise<unknown>)[], width: number): Promise<void> {
  const queue = [...tasks];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let task = queue.shift(); task; task = queue.shift()) await task();
    }),
  );
}

/** Until durable: the batcher alone, and from HTTP with validation, redaction and template mining. */
export async function telemetry(database: Database, rows: Row[]): Promise<void> {
  const by = psql ? 'psql \\copy' : 'COPY by pg-copy-streams';
  const intake = intakeOf(database, systemClock);
  await intake.take([prepared(0)], 'bench');
  const throughIntake = () =>
    inParallel(
      Array.from(
        { length: count / chunk },
        (_, c) => () =>
          intake.take(
            Array.from({ length: chunk }, (__, n) => prepared(c * chunk + n)),
            'bench',
          ),
      ),
      6,
    );
  rows.push(
    await beside(
      `ingest, batcher → durable, ${count} events, beside ${by} of the same rows`,
      '<= 1.11',
      1,
      throughIntake,
      () => bareCopy(database),
      5,
    ),
  );

  const system = systems.find(s => s.key === 'telemetry');
  if (!system) throw new Error('There is no telemetry.');
  const server = portServer(system, { database, clock: systemClock });
  attachIntake(server, { database, clock: systemClock });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const latencies: number[] = [];
  const post = (first: number) =>
    new Promise<void>((resolve, reject) => {
      const body = Array.from({ length: chunk }, (_, n) =>
        JSON.stringify({
          tenant_id: `t-${1 + ((first + n) % 50)}`,
          event: 'http_request',
          severity: 'info',
          service: `service-${n % 40}`,
          region: 'eu-west',
          message: message(first + n),
          attributes: { version: '1.4.2' },
        }),
      ).join('\n');
      const started = performance.now();
      request(
        {
          host: '127.0.0.1',
          port,
          agent,
          method: 'POST',
          path: '/ingest/event',
          headers: { host: 'localhost', 'content-type': 'application/x-ndjson' },
        },
        response => {
          response.resume().on('end', () => {
            latencies.push(performance.now() - started);
            if (response.statusCode === 201) resolve();
            else reject(new Error(`${response.statusCode}`));
          });
        },
      )
        .on('error', reject)
        .end(body);
    });
  const overHttp = () =>
    inParallel(
      Array.from({ length: count / chunk }, (_, c) => () => post(c * chunk)),
      4,
    );
  const row = await beside(
    `ingest, HTTP → durable, ${count} events as NDJSON, beside ${by} of the same rows`,
    '<= 2',
    1,
    overHttp,
    () => bareCopy(database),
    5,
  );
  rows.push(row);
  const p99 = quantile(latencies, 0.99);
  rows.push({
    name: 'ingest, HTTP → durable: events per second, and p99 of a request with 1,000 events in ms',
    ours: (count / row.ours) * 1000,
    limit: p99,
    unit: '/s',
    ratio: Number.NaN,
    aim: 'stated',
  });
  await server.close();
  await closeIntake(database);
}
