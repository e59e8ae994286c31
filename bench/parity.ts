import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import pg from 'pg';
import type { Database } from '#kernel/db/database.ts';
import { bindRegionServers, regionDatabaseName, regionServers } from '#kernel/regions/servers.ts';
import { closeRegionPools } from '#kernel/regions/sql.ts';
import { compareTable, requestVerify } from '#server/federation/replication/service.ts';
import { median, type Row } from './measure.ts';
import { type BenchRegions, benchRegions, home, mirror, stream, tenant } from './regions.ts';

const size = Number(process.env.BENCH_PARITY_ROWS ?? 1_000_000);
const rounds = 5;
const table = 'app.orders';
const stated = { limit: Number.NaN, ratio: Number.NaN, aim: 'stated' };

/** Passes everything on to a server and counts what goes either way. */
async function counted(dsn: string): Promise<{ dsn: string; server: Server; bytes(): number }> {
  const { hostname, port } = new URL(dsn);
  let bytes = 0;
  const server = createServer(near => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', data => {
        bytes += data.length;
      });
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const passing = new URL(dsn);
  passing.port = String((server.address() as AddressInfo).port);
  return { dsn: passing.toString(), server, bytes: () => bytes };
}

/** Before the stream is made: the rows are copied with it. */
async function fill(regions: BenchRegions): Promise<void> {
  const url = new URL(regions.servers.region(home).server.adminUrl);
  url.pathname = `/${regionDatabaseName}`;
  const client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  try {
    // As a copy would: neither the lease nor other triggers are asked for each of a million rows.
    await client.query("set session_replication_role = 'replica'");
    await client.query(
      `insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency)
       select 1000000 + i, $1, i % 40 + 1, 'placed', i % 25000, 'EUR' from generate_series(1, $2::int) i`,
      [tenant, size],
    );
    await client.query('vacuum analyze app.orders');
  } finally {
    await client.end();
  }
}

const hashAll = `select count(*), bit_xor(('x' || left(md5(o::text), 16))::bit(64)::bigint) from app.orders o where tenant_id = $1`;

interface Compared {
  ms: number;
  bytes: number;
  heapMb: number;
  state: string;
  rows: number;
  ranges: { from: string; to: string; kind: string; rows: number }[];
}

/** One changed row among a million, on two real servers, found and named. Nothing is compared but by the product's own part. */
export async function parity(database: Database, rows: Row[]): Promise<void> {
  const regions = await benchRegions(database);
  const open: Server[] = [];
  try {
    await fill(regions);
    const copied = performance.now();
    await regions.join([table]);
    console.log(`copied ${size} rows in ${Math.round(performance.now() - copied)} ms`);
    await regions.servers.region(mirror).query('analyze app.orders');
    const proxies = new Map<string, Awaited<ReturnType<typeof counted>>>();
    for (const { region, dsn } of regionServers()) proxies.set(region, await counted(dsn));
    open.push(...[...proxies.values()].map(p => p.server));
    // From here on the console's own questions are counted; the stream goes its own way.
    await closeRegionPools();
    bindRegionServers(regionServers().map(s => ({ ...s, dsn: proxies.get(s.region)?.dsn ?? s.dsn })));
    const bytes = () => [...proxies.values()].reduce((sum, p) => sum + p.bytes(), 0);

    const compare = async (): Promise<Compared> => {
      const ctx = regions.ctx();
      const input = { id: stream, tables: [table], rowsPerSecond: 10_000_000, leaks: false };
      const { runs } = await requestVerify(ctx, input);
      globalThis.gc?.();
      const heap = () => process.memoryUsage().heapUsed / 2 ** 20;
      const before = { bytes: bytes(), heap: heap(), at: performance.now() };
      let most = before.heap;
      const timer = setInterval(() => {
        most = Math.max(most, heap());
      }, 20);
      const run = await compareTable(ctx, runs[0]?.id ?? '');
      clearInterval(timer);
      if (!run) throw new Error('The comparison is gone.');
      const { state, rows: seen, ranges } = run;
      return {
        ...{ state, rows: seen, ranges, ms: performance.now() - before.at },
        ...{ bytes: bytes() - before.bytes, heapMb: most - before.heap },
      };
    };
    const bare = async () => {
      const started = performance.now();
      await Promise.all(
        [home, mirror].map(region => regions.servers.region(region).query(hashAll, [tenant])),
      );
      return performance.now() - started;
    };
    const equal = await compare();
    if (equal.state !== 'equal') throw new Error(`Equal tables are said to be ${equal.state}.`);
    const found: Compared[] = [];
    const limits: number[] = [];
    for (let i = 0; i < rounds; i += 1) {
      const id = 1_000_000 + 1 + Math.floor(Math.random() * size);
      const change = (by: number) =>
        regions.servers.region(mirror).query(
          `do $$ begin set local session_replication_role = replica;
             update app.orders set amount_cents = amount_cents + ${by} where id = ${id}; end $$`,
        );
      await change(1);
      limits.push(await bare());
      const one = await compare();
      await change(-1);
      const key = `${id}, ${tenant}`;
      const [range, ...more] = one.ranges;
      if (one.state !== 'differs' || more.length > 0 || range?.from !== key || range.to !== key)
        throw new Error(`${key} was changed, and found was ${JSON.stringify(one.ranges)}.`);
      console.log(JSON.stringify({ round: i + 1, changed: key, ...one, bareMs: limits.at(-1) }));
      found.push(one);
    }
    const ratios = found.map((f, i) => f.ms / (limits[i] ?? Number.NaN));
    const of = `${size.toLocaleString('en-GB')} rows`;
    rows.push(
      {
        name: `parity: one changed row of ${of} named, beside hashing both tables whole in one statement each`,
        ours: median(found.map(f => f.ms)) / 1000,
        limit: median(limits) / 1000,
        unit: 's',
        ratio: median(ratios),
        aim: '<= 40 s',
      },
      {
        name: `parity: bytes between console and both servers for ${of}, of them in a comparison that finds nothing`,
        ...stated,
        ours: median(found.map(f => f.bytes)) / 1024,
        limit: equal.bytes / 1024,
        unit: 'KiB',
      },
      {
        name: `parity: heap of the console above where it began, most, for ${of}`,
        ...stated,
        ours: Math.max(...found.map(f => f.heapMb)),
        unit: 'MiB',
      },
    );
  } finally {
    await closeRegionPools();
    for (const server of open) server.close();
    await regions.stop();
  }
}
