import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { startLoop } from '#kernel/jobs/loop.ts';
import { runJobs } from '#kernel/jobs/run.ts';
import { failoverJobs } from '#server/federation/edge-routing/jobs.ts';
import { executeInput } from '#server/federation/edge-routing/schema.ts';
import { executeFailover, readFailover, readRun } from '#server/federation/edge-routing/service.ts';
import { replicationJobs } from '#server/federation/replication/jobs.ts';
import { startReplication } from '#workers/replication.ts';
import { median, type Row } from './measure.ts';
import { type BenchRegions, benchRegions, home, mirror, tenant, until } from './regions.ts';

const rounds = Number(process.env.BENCH_FAILOVERS ?? 5);
const longMs = 180_000;

interface Write {
  region: string;
  id: number;
  at: number;
}

interface Round {
  detect: number;
  switched: number;
  away: number;
  lost: number;
  acknowledged: number;
  shown: { detect: number | null; switched: number | null };
  follows: number;
  back: number;
  lostBack: number;
}

/** A service of the tenant in each region that never stops writing, whether it is let or not. */
function service(regions: BenchRegions) {
  const written: Write[] = [];
  let serial = 1_000_000_000;
  let open = true;
  const loops = [home, mirror].map(async region => {
    while (open) {
      const id = ++serial;
      const done = await regions.servers
        .region(region)
        .asService(
          tenant,
          `insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency) values (${id}, $1, 1, 'placed', 1, 'EUR')`,
          [tenant],
        )
        .then(
          () => true,
          () => false,
        );
      if (done) written.push({ region, id, at: performance.now() });
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  });
  return {
    /** Acknowledged to the service between two moments. */
    between: (region: string, from: number, to: number) =>
      written.filter(w => w.region === region && w.at >= from && w.at <= to),
    first: (region: string, after: number) => written.find(w => w.region === region && w.at > after)?.at,
    stop: async () => {
      open = false;
      await Promise.all(loops);
    },
  };
}

type Service = ReturnType<typeof service>;

const order = async (regions: BenchRegions, from: string, to: string): Promise<string> => {
  const input = executeInput.parse({ from, to, reason: 'bench', despiteNotReady: true });
  const run = await executeFailover(regions.ctx(), input);
  if (!('steps' in run)) throw new Error('The failover waits for people.');
  return run.id;
};

async function firstWrite(writes: Service, region: string, after: number): Promise<number> {
  await until(`a write in ${region}`, longMs, async () => writes.first(region, after) !== undefined, 10);
  return writes.first(region, after) ?? Number.NaN;
}

const follows = (regions: BenchRegions, from: string, to: string) =>
  until(`${to} to follow ${from}`, longMs, async () => {
    const status = await readFailover(regions.ctx());
    const pair = status.matrix.find(m => m.from === from && m.to === to);
    return status.running.length === 0 && pair?.lagSeconds !== null && pair?.lagSeconds !== undefined;
  });

/** How many of these never reached a region. */
async function missing(regions: BenchRegions, region: string, writes: readonly Write[]): Promise<number> {
  const ids = writes.map(w => w.id);
  const [row] = await regions.servers
    .region(region)
    .query<{ n: number }>(
      'select count(*)::int as n from unnest($1::bigint[]) i where not exists (select 1 from app.orders o where o.id = i)',
      [ids],
    );
  return row?.n ?? Number.NaN;
}

async function round(regions: BenchRegions, writes: Service): Promise<Round> {
  const began = performance.now();
  await follows(regions, home, mirror);
  await firstWrite(writes, home, performance.now());
  await new Promise(resolve => setTimeout(resolve, 2_000 + Math.random() * 2_000));
  const stopped = performance.now();
  regions.servers.region(home).freeze();
  try {
    await until('the observers to agree', longMs, async () => {
      const { regions: seen } = await readFailover(regions.ctx());
      return seen.find(r => r.region === home)?.down === true;
    });
    const agreed = performance.now();
    const id = await order(regions, home, mirror);
    const written = await firstWrite(writes, mirror, agreed);
    await until('the run to end', longMs, async () => (await readRun(regions.ctx(), id)).state !== 'running');
    const acknowledged = writes.between(home, began, stopped);
    const lost = await missing(regions, mirror, acknowledged);
    const run = await readRun(regions.ctx(), id);
    const thawed = performance.now();
    regions.servers.region(home).thaw();
    await follows(regions, mirror, home);
    const following = performance.now();
    await new Promise(resolve => setTimeout(resolve, 1_000));
    const ordered = performance.now();
    const back = await order(regions, mirror, home);
    const returned = await firstWrite(writes, home, ordered);
    await until('the way back', longMs, async () => (await readRun(regions.ctx(), back)).state !== 'running');
    return {
      detect: agreed - stopped,
      switched: written - agreed,
      away: written - stopped,
      lost,
      acknowledged: acknowledged.length,
      shown: { detect: run.detectSeconds, switched: run.switchSeconds },
      follows: following - thawed,
      back: returned - ordered,
      lostBack: await missing(regions, home, writes.between(mirror, agreed, returned)),
    };
  } finally {
    regions.servers.region(home).thaw();
  }
}

/**
 * As the product does it, with the worker's own loops and its queue: the primary's every process is stopped, the observers
 * agree, a failover is ordered at once (nobody is waited for), and goes back when the old primary follows.
 */
export async function failover(database: Database, rows: Row[]): Promise<void> {
  const regions = await benchRegions(database);
  const owner = database.pool('atom_owner');
  await owner.query('delete from outbox');
  const runner = await runJobs(database, systemClock, [...failoverJobs, ...replicationJobs]);
  const dispatcher = startLoop('dispatcher', 25, createDispatcher(owner).step);
  const worker = startReplication(database, systemClock, false);
  let writes: Service | undefined;
  const all: Round[] = [];
  try {
    await regions.join(['app.customer', 'app.orders'], true);
    writes = service(regions);
    for (let i = 0; i < rounds; i += 1) {
      const done = await round(regions, writes);
      console.log(JSON.stringify({ round: i + 1, ...done }));
      all.push(done);
    }
  } finally {
    await writes?.stop();
    await worker.stop();
    await runner.stop();
    await dispatcher.stop();
    await regions.stop();
  }
  const seconds = (name: string, pick: (r: Round) => number, aim: string): Row => ({
    name: `failover: ${name}, median / worst of ${all.length}`,
    ours: median(all.map(pick)) / 1000,
    limit: Math.max(...all.map(pick)) / 1000,
    unit: 's',
    ratio: Number.NaN,
    aim,
  });
  const lost = (name: string, pick: (r: Round) => number, aim: string): Row => ({
    ...seconds(name, pick, aim),
    ours: median(all.map(pick)),
    limit: Math.max(...all.map(pick)),
    unit: 'rows',
  });
  rows.push(
    seconds('primary stopped to observers agreed', r => r.detect, '<= 10 s'),
    seconds('ordered to first write in the new primary', r => r.switched, '<= 15 s'),
    seconds('primary stopped to first write in the new primary', r => r.away, 'stated'),
    lost('acknowledged rows that the new primary lacks', r => r.lost, 'stated'),
    seconds('old primary woken to following', r => r.follows, 'stated'),
    seconds('failback ordered to first write at home', r => r.back, '<= 15 s'),
    lost('acknowledged rows that the failback lost', r => r.lostBack, '0'),
  );
}
