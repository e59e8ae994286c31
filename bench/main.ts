import { generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Principal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { startLoop } from '#kernel/jobs/loop.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { openBus } from '#kernel/realtime/bus.ts';
import { preAuthEncoding } from '#kernel/signing/dsse.ts';
import { activeSigners, signHybrid, trustedKeys, verifyHybrid } from '#kernel/signing/signer.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { decideToReleased } from './approvals.ts';
import { eventLatency } from './events.ts';
import { failover } from './failover.ts';
import { ledger } from './ledger.ts';
import { beside, median, millis, quantile, type Row } from './measure.ts';
import { fivePrograms, simulatedFleet } from './mesh.ts';
import { parity } from './parity.ts';
import { quality } from './quality.ts';
import { revocation } from './revocation.ts';
import { startAndPages } from './start.ts';
import { telemetry } from './telemetry.ts';
import { world } from './world.ts';

loadEnvForTest({
  ...process.env,
  ATOM_SECRET: Buffer.alloc(32, 5).toString('base64url'),
  LOG_LEVEL: 'silent',
  SIMULATION_MODE: 'true',
});
const { database, close } = await world();
const rows: Row[] = [];
const agent = new Agent({ keepAlive: true });

function get(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent, headers: { host: 'localhost' } }, response => {
      let body = '';
      response.on('data', data => {
        body += data;
      });
      response.on('end', () =>
        response.statusCode === 200 ? resolve(body) : reject(new Error(`${response.statusCode} ${body}`)),
      );
    })
      .on('error', reject)
      .end();
  });
}

const listSql = `select id, name, state, environment, tier, home_region as "homeRegion", simulated, updated_at as "updatedAt" from tenant order by name, id limit 51`;
/** What a caller on the port is answered with: the same rows by the same filter, on either side. */
const portSql = listSql.replace('from tenant', "from tenant where simulated and environment <> 'production'");
const app = database.pool('atom_app');

function tenantsSystem() {
  const found = systems.find(s => s.key === 'tenants');
  if (!found) throw new Error('The tenants system is gone.');
  return found;
}

async function lists() {
  const port = portServer(tenantsSystem(), { database, clock: systemClock });
  await port.listen({ host: '127.0.0.1', port: 0 });
  const raw = createServer(async (_request, response) => {
    const { rows: found } = await app.query({ name: 'raw-list', text: portSql });
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ rows: found.slice(0, 50), nextOffset: 50 }));
  });
  await new Promise<void>(resolve => raw.listen(0, '127.0.0.1', resolve));
  const ours = (port.server.address() as AddressInfo).port;
  const theirs = (raw.address() as AddressInfo).port;
  await database.pool('atom_app').query('delete from rate_bucket');
  rows.push(
    await beside(
      'list of 50 of 100,000 over a port, beside raw http + prepared pg',
      '<= 1.25',
      60,
      () => get(ours, '/tenants'),
      () => get(theirs, '/'),
    ),
  );
  await port.close();
  raw.close();
}

async function isolation() {
  const tenant: Principal = { kind: 'tenant', id: 't-5', name: 't-5', holders: ['tenant'], tenantId: 't-5' };
  const as = (principal: Principal) =>
    createCaller({
      principal,
      database,
      clock: systemClock,
      request: { channel: 'test', ip: 'local', csrfSafe: true },
    });
  const own = as(tenant);
  const all = as({ kind: 'user', id: 'u', name: 'u', holders: ['operator'] });
  rows.push(
    await beside(
      'point read as a tenant (RLS, setting per transaction), beside the same as an operator',
      'stated',
      200,
      () => own.tenants.get({ id: 't-5' }),
      () => all.tenants.get({ id: 't-5' }),
    ),
  );
  const owner = database.pool('atom_owner');
  await owner.query('create table tenant_plain as select * from tenant');
  await owner.query('create index on tenant_plain (name, id)');
  await owner.query('analyze tenant_plain');
  const protectedList = { name: 'rls-on', text: listSql };
  const plainList = { name: 'rls-off', text: listSql.replace('from tenant', 'from tenant_plain') };
  rows.push(
    await beside(
      'the list’s SQL with RLS forced, beside a copy without',
      '<= 1.05',
      300,
      () => owner.query(protectedList),
      () => owner.query(plainList),
    ),
  );
}

async function commits() {
  const ctx = systemContext('bench', database, systemClock);
  const fields = () => ({
    id: randomUUID(),
    name: 'x',
    environment: 'simulation',
    tier: 'free',
    homeRegion: 'eu-west',
    createdAt: new Date(),
    updatedAt: new Date(),
  });
  const ours = () =>
    ctx.commit({ type: 'bench.made', topics: [{ topic: 'bench' }] }, tx =>
      tx.tenant.create({ data: fields(), select: { id: true } }),
    );
  const bare = () =>
    database.write(ctx.scope, tx => tx.tenant.create({ data: fields(), select: { id: true } }));
  rows.push(
    await beside(
      'commit with ledger entry and notice, beside the same bare transaction',
      '<= 1.3',
      60,
      ours,
      bare,
    ),
  );
}

async function realtime() {
  const owner = database.pool('atom_owner');
  await owner.query('delete from outbox');
  const sequencer = createSequencer(
    owner,
    () => systemClock.now(),
    () => {},
  );
  const loops = [
    startLoop('dispatcher', 25, createDispatcher(owner).step),
    startLoop('sequencer', 40, sequencer.step),
  ];
  const bus = await openBus(database);
  const ctx = systemContext('bench', database, systemClock);
  const latencies: number[] = [];
  for (let i = 0; i < 100; i++) {
    const started = performance.now();
    const arrived = new Promise<void>(resolve => {
      const stop = bus.subscribe(event => {
        if (!('key' in event) || event.key !== `k${i}`) return;
        stop();
        resolve();
      });
    });
    await ctx.commit({ type: 'bench.said', topics: [{ topic: 'bench', key: `k${i}` }] }, async () => {});
    await arrived;
    latencies.push(performance.now() - started);
  }
  const started = performance.now();
  await Promise.all(
    Array.from({ length: 50 }, async () =>
      millis(40, () => ctx.commit({ type: 'bench.many' }, async () => {})),
    ),
  );
  const perSecond = 2000 / ((performance.now() - started) / 1000);
  await Promise.all(loops.map(loop => loop.stop()));
  await bus.close();
  rows.push({
    name: 'commit to browser hint, p50 / p99',
    ours: median(latencies),
    limit: quantile(latencies, 0.99),
    unit: 'ms',
    ratio: Number.NaN,
    aim: 'p99 < 1 s',
  });
  rows.push({
    name: 'commits per second, 50 at once, sequenced meanwhile',
    ours: perSecond,
    limit: Number.NaN,
    unit: '/s',
    ratio: Number.NaN,
    aim: 'stated',
  });
}

/** The two halves are made at once, off the event loop; the limit is the post-quantum half alone, done in place. */
async function signing() {
  const type = 'application/vnd.in-toto+json';
  const payload = Buffer.alloc(1024, 'a');
  const encoded = preAuthEncoding(type, payload);
  const signers = await activeSigners(database, systemClock);
  const envelope = await signHybrid(type, payload, signers);
  const keys = await trustedKeys(database);
  const bare = generateKeyPairSync('ml-dsa-65');
  const signature = sign(null, encoded, bare.privateKey);
  rows.push(
    await beside(
      'hybrid sign of 1 KiB (Ed25519 and ML-DSA-65), beside node:crypto’s ML-DSA-65 alone',
      '<= 1.5',
      100,
      () => signHybrid(type, payload, signers),
      async () => sign(null, encoded, bare.privateKey),
    ),
  );
  rows.push(
    await beside(
      'hybrid verify of 1 KiB, beside node:crypto’s ML-DSA-65 alone',
      '<= 2',
      200,
      async () => verifyHybrid(envelope, type, keys, systemClock.now()),
      async () => verify(null, encoded, bare.publicKey, signature),
    ),
  );
}

const approvals = async () => void rows.push(await decideToReleased(database));
const events = async () => void rows.push(await eventLatency(database));
const start = async () => void rows.push(...(await startAndPages()));
const parts = {
  lists,
  isolation,
  commits,
  realtime,
  signing,
  ledger: () => ledger(database, rows),
  approvals,
  events,
  telemetry: () => telemetry(database, rows),
  relays: () => fivePrograms(rows),
  mesh: () => simulatedFleet(rows),
  revocation: () => revocation(rows),
  failover: () => failover(database, rows),
  parity: () => parity(database, rows),
  quality: () => quality(rows),
  start,
};
const wanted = process.argv.slice(2);
for (const [name, run] of Object.entries(parts))
  if (wanted.length === 0 || wanted.includes(name)) await run();

for (const row of rows)
  console.log(
    `${row.name}\n    ${row.ours.toFixed(2)} ${row.unit}${Number.isNaN(row.limit) ? '' : ` beside ${row.limit.toFixed(2)}`}${Number.isNaN(row.ratio) ? '' : `, ratio ${row.ratio.toFixed(2)}`} (aim ${row.aim})`,
  );
const folder = join(import.meta.dirname, '../reports');
mkdirSync(folder, { recursive: true });
// A run of some parts replaces their rows and leaves what the others found.
const file = join(folder, 'bench.json');
const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] }).rows : [];
const kept = wanted.length === 0 ? [] : before.filter(old => !rows.some(row => row.name === old.name));
writeFileSync(file, JSON.stringify({ at: new Date().toISOString(), rows: [...kept, ...rows] }, null, 2));
await close();
process.exit(0); // the process's own listener for the stream stays open otherwise
