import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';
import { MeshWorld, until } from '#scripts/testing/mesh/world.ts';
import { median, quantile, type Row } from './measure.ts';
import { BenchRelay, benchKeys } from './mesh-clients.ts';

const fleet = Number(process.env.BENCH_FLEET ?? 2000);
const rounds = 20;
const stated = { limit: Number.NaN, ratio: Number.NaN };

/** Resident memory of a process in MiB, as the system counts it. */
const resident = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;

const retention = (days: number) => ({ id: 'bench', kind: 'retention', document: { defaultDays: days } });

/** Publishes and waits until so many relays are known, durably, to have it active. */
async function publishedTo(world: MeshWorld, days: number, relays: number): Promise<number> {
  const started = performance.now();
  const { rollout } = await world.publish(retention(days));
  const outcome = await until('the acknowledgements', async () => {
    const [row] = await world.rows<{ n: number; state: string; reason: string | null }>(
      `select count(m.active_at)::int as n, o.state, o.reason from policy_rollout o
       join policy_rollout_member m on m.rollout_id = o.id where o.id = $1 group by o.id`,
      [rollout],
    );
    if (row?.state === 'withdrawn') return 'withdrawn';
    return row?.n === relays;
  });
  if (outcome === 'withdrawn') throw new Error('The machine is too busy: the deadline passed below quorum.');
  return performance.now() - started;
}

const syncTimes = (world: MeshWorld) =>
  world.rows<{ ms: number }>(
    `select extract(epoch from m.active_at - o.published_at)::float8 * 1000 as ms from policy_rollout_member m
     join policy_rollout o on o.id = m.rollout_id where m.active_at is not null`,
  );

/** As `npm start` has them: five relays, each verifying, each with its own disk. */
export async function fivePrograms(rows: Row[]): Promise<void> {
  const world = await MeshWorld.start({});
  try {
    await world.addRelays(['edge-1', 'edge-2', 'edge-3', 'edge-4', 'edge-5']);
    await until('the relays to be let in', async () => {
      const all = await Promise.all(world.relays.map(relay => relay.status()));
      return all.every(status => status?.connected);
    });
    for (let i = 1; i <= 60; i += 1) await publishedTo(world, i, 5);
    const times = (await syncTimes(world)).map(row => row.ms);
    rows.push({
      name: 'publish to verified and active on five relays, each a program of its own, p50 / p99',
      ours: median(times),
      limit: quantile(times, 0.99),
      unit: 'ms',
      ratio: Number.NaN,
      aim: 'p99 < 2,000 ms',
    });
    const ends = performance.now() + Number(process.env.BENCH_RELAY_SECONDS ?? 60) * 1000;
    for (let i = 0; performance.now() < ends; i += 1) {
      if (i % 500 === 0) await publishedTo(world, 100 + i / 500, 5);
      await Promise.all(world.relays.map(relay => relay.decide('retention')));
    }
    const sizes = world.relays.map(relay => resident(relay.pid));
    rows.push({
      name: 'resident memory of a relay under traffic',
      ours: Math.max(...sizes),
      unit: 'MiB',
      aim: '< 120 MiB',
      ...stated,
    });
  } finally {
    await world.close();
  }
}

/** Plain sockets with keys of their own in this one process: they sign and count as relays do, and verify nothing. */
export async function simulatedFleet(rows: Row[]): Promise<void> {
  const world = await MeshWorld.start({});
  const keys = benchKeys(fleet);
  const own: BenchRelay[] = [];
  let beats: NodeJS.Timeout | undefined;
  try {
    await world.rows(
      `insert into relay (id, labels, public_key, state, agent, simulated, joined_at, updated_at)
       select r.id, '{}', r.pem, 'admitted', 'bench', true, now(), now()
       from jsonb_to_recordset($1::jsonb) as r(id text, pem text)`,
      [JSON.stringify(keys.map(({ id, pem }) => ({ id, pem })))],
    );
    const [head] = await world.rows<{ seq: number; hash: string }>(
      'select seq, hash from policy_log order by seq desc limit 1',
    );
    const at = { cursor: head?.seq ?? 0, headHash: head?.hash ?? '0'.repeat(64) };
    const before = resident(world.hub.pid);
    const url = `ws://127.0.0.1:${world.hub.port}/relay/connect`;
    const connecting = performance.now();
    for (let i = 0; i < fleet; i += 100) {
      const some = keys.slice(i, i + 100).map((key, j) => new BenchRelay(url, key, { ...at }, i + j === 0));
      own.push(...some);
      await Promise.all(some.map(relay => relay.welcomed));
    }
    const connected = performance.now() - connecting;
    beats = setInterval(() => {
      for (const relay of own) relay.beat();
    }, 5000);
    const perConnection = ((resident(world.hub.pid) - before) / fleet) * 1024;
    await publishedTo(world, 1, fleet);
    const whole: number[] = [];
    for (let i = 2; i < 2 + rounds; i += 1) whole.push(await publishedTo(world, i, fleet));
    const times = (await syncTimes(world)).map(row => row.ms);
    const frames = own[0]?.frames.filter(text => text.startsWith('{"frame":"entries"')).slice(-2) ?? [];
    const bare = await bareBroadcast(frames);
    const bytes = frames.reduce((sum, text) => sum + text.length, 0);
    rows.push(
      {
        name: `publish to the last durable acknowledgement of ${fleet} relays, beside a bare ws broadcast of the same ${bytes} bytes`,
        ours: median(whole),
        limit: median(bare),
        unit: 'ms',
        ratio: median(whole) / median(bare),
        aim: 'p99 <= 100 ms',
      },
      {
        name: `publish to verified and active, each of ${fleet} relays, p50 / p99`,
        ours: median(times),
        limit: quantile(times, 0.99),
        unit: 'ms',
        ratio: Number.NaN,
        aim: 'p99 < 2,000 ms',
      },
      {
        name: 'memory of the hub for each connection',
        ours: perConnection,
        unit: 'KiB',
        aim: 'stated',
        ...stated,
      },
      {
        name: `${fleet} relays connected, 100 at a time, each hello proved and answered`,
        ours: connected / 1000,
        unit: 's',
        aim: 'stated',
        ...stated,
      },
    );
  } finally {
    clearInterval(beats);
    for (const relay of own) relay.close();
    await world.close();
  }
}

/** Both frames to as many plain sockets of this process, until the last has the second. */
async function bareBroadcast(frames: readonly string[]): Promise<number[]> {
  const child = spawn(process.execPath, ['bench/mesh-broadcast.ts'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>(resolve => {
    child.stdout.on('data', data => resolve(Number(/ready (\d+)/.exec(String(data))?.[1])));
  });
  const url = `ws://127.0.0.1:${port}`;
  let left = 0;
  let done: () => void = () => {};
  const open = (path: string) =>
    new Promise<WebSocket>((resolve, reject) => {
      const socket = new WebSocket(url + path, { perMessageDeflate: false, maxPayload: 2 ** 25 });
      socket.on('open', () => resolve(socket));
      socket.on('error', reject);
      socket.on('message', data => {
        void String(data);
        left -= 1;
        if (left === 0) done();
      });
    });
  const sockets: WebSocket[] = [];
  for (let i = 0; i < fleet; i += 100)
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open('/')))));
  const speaker = await open('/speak');
  const times: number[] = [];
  for (let i = 0; i <= rounds; i += 1) {
    const started = performance.now();
    for (const frame of frames) {
      left = fleet;
      const all = new Promise<void>(resolve => {
        done = resolve;
      });
      speaker.send(frame);
      await all;
    }
    if (i > 0) times.push(performance.now() - started);
  }
  for (const socket of [...sockets, speaker]) socket.terminate();
  child.kill();
  return times;
}
