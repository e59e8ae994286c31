import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '#kernel/clock/clock.ts';
import { type Loop, startLoop } from '#kernel/jobs/loop.ts';
import { createCheckpointer } from '#kernel/ledger/checkpoint.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { memoryAnchor } from '#scripts/testing/ledger.ts';
import { MeshWorld, until } from '#scripts/testing/mesh/world.ts';
import {
  newKeyFile,
  openKeyFile,
  send,
  signedRegistration,
} from '#server/federation/regions/service/agent.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { median, type Row } from './measure.ts';

const rounds = Number(process.env.BENCH_REVOCATIONS ?? 20);
const relays = ['edge-1', 'edge-2', 'edge-3', 'edge-4', 'edge-5'];
const regions = ['eu-north', 'us-east', 'ap-south'];

/** The agent as an operator runs it: a program of its own that knows the registry's address and its key. */
async function startRegion(world: MeshWorld, registry: string, name: string): Promise<ChildProcess> {
  const file = join(world.folder, `${name}.pem`);
  const pem = newKeyFile();
  writeFileSync(file, pem, { mode: 0o600 });
  const key = openKeyFile(pem);
  const content = { name, url: `https://${name}.example.net`, environment: 'simulation' as const };
  const sent = await send(registry, '/region/register', signedRegistration(content, key), key, new Date());
  if (sent.status !== 201) throw new Error(`${name} was not registered: ${JSON.stringify(sent.body)}`);
  return spawn(
    process.execPath,
    [
      ...['scripts/atom.ts', 'region', 'heartbeat', '--name', name, '--key', file],
      ...['--every', '2', '--registry', registry],
    ],
    { cwd: join(import.meta.dirname, '..'), stdio: 'ignore' },
  );
}

const operator = (world: MeshWorld) =>
  createCaller({
    principal: {
      kind: 'user',
      id: 'u',
      name: 'u',
      holders: ['operator'],
      mfaAt: new Date(),
      mfaEnrolled: true,
    },
    database: world.database,
    clock: systemClock,
    request: { channel: 'test', ip: 'local', csrfSafe: true },
  });

async function addMember(world: MeshWorld, id: string): Promise<void> {
  const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const bundle = { keys: [{ ...jwk, use: 'sig' }], spiffe_sequence: 1, spiffe_refresh_hint: 300 };
  await world.rows(
    `insert into federation_member (id, trust_domain, endpoint, state, origin, simulated, bundle, bundle_sequence, refresh_hint,
       bundle_at, next_refresh_at, created_at, updated_at)
     values ($1, $1, 'http://127.0.0.1:1', 'active', 'invited', true, $2, 1, 300, now(), now(), now(), now())`,
    [id, JSON.stringify(bundle)],
  );
}

/** Risky changes wait for a ledger that is signed: as the worker keeps it. */
function signedLedger({ database }: MeshWorld): Loop[] {
  const { step } = createSequencer(
    database.pool('atom_owner'),
    () => systemClock.now(),
    () => {},
  );
  const checkpoints = createCheckpointer({ database, clock: systemClock, anchor: memoryAnchor() });
  return [startLoop('sequencer', 40, step), startLoop('checkpoints', 250, checkpoints.step)];
}

/** From the order of a revocation to each relay and region having said that it heard: real time, real sockets. */
export async function revocation(rows: Row[]): Promise<void> {
  const world = await MeshWorld.start({});
  const system = systems.find(s => s.key === 'regions');
  if (!system) throw new Error('The regions system is gone.');
  const port = portServer(system, { database: world.database, clock: systemClock });
  const agents: ChildProcess[] = [];
  const loops: Loop[] = [];
  try {
    for (const loop of signedLedger(world)) loops.push(loop);
    await until('the ledger to be signed', async () => {
      const [row] = await world.rows<{ n: number }>('select count(*)::int as n from ledger_checkpoint');
      return (row?.n ?? 0) > 0;
    });
    await port.listen({ host: '127.0.0.1', port: 0 });
    const registry = `http://127.0.0.1:${(port.server.address() as AddressInfo).port}`;
    await world.addRelays(relays);
    for (const name of regions) agents.push(await startRegion(world, registry, name));
    await until('the relays to be let in', async () =>
      (await Promise.all(world.relays.map(relay => relay.status()))).every(status => status?.connected),
    );
    await until('the regions to be heard', async () => {
      const [row] = await world.rows<{ n: number }>(
        "select count(*)::int as n from region where report ? 'bundle'",
      );
      return row?.n === regions.length;
    });
    const whole: number[] = [];
    for (let i = 1; i <= rounds; i += 1) {
      const id = `member-${i}.example`;
      await addMember(world, id);
      const began = performance.now();
      await operator(world).trust.revoke({ id, reason: 'the bench' });
      await until('everybody to have heard', async () => {
        const [row] = await world.rows<{ all: number; heard: number }>(
          `select count(*)::int as all, count(heard_at)::int as heard from federation_spread
           where kind <> 'member' and sequence = (select max(sequence) from federation_revocation)`,
        );
        if (row?.all !== relays.length + regions.length)
          throw new Error(`${row?.all} were to hear of it, of ${relays.length + regions.length}.`);
        return row.heard === row.all;
      });
      whole.push(performance.now() - began);
    }
    const each = await world.rows<{ kind: string; ms: number }>(
      `select s.kind, extract(epoch from s.heard_at - r.at)::float8 * 1000 as ms from federation_spread s
       join federation_revocation r using (sequence) where s.kind <> 'member'`,
    );
    const said = (name: string, times: number[]) =>
      rows.push({
        name,
        ours: median(times),
        limit: Math.max(...times),
        unit: 'ms',
        ratio: Number.NaN,
        aim: 'worst < 2,000 ms',
      });
    const of = (kind: string) => each.filter(row => row.kind === kind).map(row => row.ms);
    said(`revocation to heard, each of ${relays.length} relays, median / worst`, of('relay'));
    said(`revocation to heard, each of ${regions.length} regions, median / worst`, of('region'));
    said('revocation ordered to the last of them seen to have heard, median / worst', whole);
  } finally {
    for (const agent of agents) {
      const ended = once(agent, 'exit');
      agent.kill();
      await ended;
    }
    await Promise.all(loops.map(loop => loop.stop()));
    await port.close();
    await world.close();
  }
}
