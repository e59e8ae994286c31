import { generateKeyPairSync } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { signEnvelope } from '#kernel/signing/dsse.ts';
import type { RelayProgram } from '#scripts/testing/mesh/programs.ts';
import { Watch } from '#scripts/testing/mesh/watch.ts';
import { MeshWorld, until } from '#scripts/testing/mesh/world.ts';
import { revokePolicy } from '#server/policy/hub/service/revoke.ts';
import { type RelayFrame, relayType } from '#server/policy/relay/schema.ts';
import { RelayEngine } from '#server/policy/relay/service/engine.ts';
import { enrol, identityOf, openDisk } from '#server/policy/relay/service/enrol.ts';
import { revokeRelay } from '#server/policy/relay/service/registry.ts';
import { keepLink } from './relay/link.ts';

/**
 * The hub, Postgres and the relays as processes of their own. While things break, every relay is looked at all the time;
 * after each fault the fleet must hold exactly what the hub has made active.
 */
let world: MeshWorld;
const watch = new Watch(['consent']);

const consent = (...granted: string[]) => ({ id: 'who', kind: 'consent', document: { granted } });
const retention = (id: string, days: number) => ({ id, kind: 'retention', document: { defaultDays: days } });

const holds = async (relay: RelayProgram): Promise<string[]> =>
  ((await relay.status())?.active ?? []).map(a => `${a.policy} ${a.version} ${a.hash} ${a.epoch}`).toSorted();

/** The database knows of a decision before the relays do: each is told, and takes it in its own time. */
const servesVersion = (relay: RelayProgram, kind: string, version: number) =>
  until(`version ${version} on ${relay.id}`, async () => {
    const [under] = (await relay.decide(kind))?.under ?? [];
    return under?.version === version;
  });

/** Every relay is connected, knows that it is current, and holds what the hub says is active. */
async function healed(relays = world.relays): Promise<void> {
  const look = async () => {
    let whole = true;
    const wanted = (await world.wanted()).toSorted().join();
    for (const relay of relays) {
      const status = await relay.status();
      if (!status?.connected) await relay.hurry();
      whole &&= status?.connected === true && status.fresh && (await holds(relay)).join() === wanted;
    }
    const open = await world.rows("select 1 from policy_rollout where state in ('waiting', 'staged')");
    return whole && open.length === 0;
  };
  const why = async () => [
    world.hub.said(),
    await world.wanted(),
    ...(await Promise.all(relays.map(r => r.status()))),
  ];
  await until('the fleet to be whole', look, why);
}

const decided = (rollout: string) =>
  until('the rollout to be decided', async () => {
    const [row] = await world.rows<{ state: string; reason: string | null }>(
      'select state, reason from policy_rollout where id = $1',
      [rollout],
    );
    return row && ['active', 'withdrawn'].includes(row.state) ? row : null;
  });

const stagedAt = (relay: RelayProgram, policy: string) =>
  until(`${policy} to be staged on ${relay.id}`, async () =>
    (await relay.status())?.staged.some(s => s.policy === policy),
  );

beforeAll(async () => {
  world = await MeshWorld.start();
  await world.addRelays(['edge-a', 'edge-b', 'edge-c']);
  await world.addRelays(['edge-poll'], { plainHttpOnly: true });
  watch.over(world.relays);
}, 300_000);
/** What one fault leaves behind, should its test fail, is not the next one's. */
afterEach(async () => {
  world.hub.thaw();
  if (!world.hub.up) await world.hub.start();
  for (const relay of world.relays) {
    relay.wire.heal();
    if (!relay.up) await relay.start();
  }
});
afterAll(async () => {
  await watch.stop();
  await world?.close();
}, 60_000);

describe.sequential('the mesh as processes', { timeout: 600_000 }, () => {
  it('brings a policy to every relay, also where only plain HTTP gets through', async () => {
    const published = await world.publish(consent('sharing'));
    await world.publish(retention('keep', 30));
    await healed();
    for (const relay of world.relays)
      expect(await relay.decide('retention')).toMatchObject({ stale: false, obligations: { days: 30 } });
    expect((await decided(published.rollout)).state).toBe('active');
    expect((await world.relay('edge-a').status())?.carrier).toBe('websocket');
    expect((await world.relay('edge-poll').status())?.carrier).toBe('long-poll');
  });

  it('goes on where a hub was killed between staging and activation', async () => {
    const mute = world.relay('edge-b');
    mute.wire.cut('up'); // its word is missing, so the version stays staged until the deadline
    world.hub.freeze();
    const { rollout } = await world.publish(consent('sharing', 'analytics'));
    await world.rows('update policy_rollout set deadline_ms = 60000 where id = $1', [rollout]);
    world.hub.thaw();
    await stagedAt(world.relay('edge-a'), 'who');
    await world.hub.kill();
    const [row] = await world.rows('select state from policy_rollout where id = $1', [rollout]);
    expect(row).toEqual({ state: 'staged' });
    await until(
      'the lease of edge-a to be over',
      async () => (await world.relay('edge-a').decide('consent'))?.stale,
    );
    mute.wire.heal();
    await world.hub.start();
    await healed();
    // All came back and said again that they hold it: nothing had to be withdrawn.
    expect(await decided(rollout)).toMatchObject({ state: 'active' });
  });

  it('keeps one decision when the network is cut one way, whichever way', async () => {
    const [deaf, mute] = [world.relay('edge-a'), world.relay('edge-c')];
    deaf.wire.cut('down');
    const first = await world.publish(consent('sharing'));
    // Not before the deaf one's lease is over, since it goes on serving the version before until then.
    expect((await decided(first.rollout)).state).toBe('active');
    expect((await deaf.status())?.fresh).toBe(false);
    await servesVersion(world.relay('edge-b'), 'consent', first.version);
    deaf.wire.heal();
    await healed();
    mute.wire.cut('up');
    const second = await world.publish(consent('analytics'));
    expect((await decided(second.rollout)).state).toBe('active');
    mute.wire.heal();
    await healed();
  });

  it('brings a relay with a disk set back up to date, without ever taking old for current', async () => {
    const relay = world.relay('edge-b');
    await relay.kill();
    const copy = join(world.folder, 'copy');
    cpSync(relay.folder, copy, { recursive: true });
    await relay.start();
    await world.publish(retention('keep', 31));
    await world.publish(consent('caching'));
    await healed();
    await relay.kill();
    watch.forget(relay);
    rmSync(relay.folder, { recursive: true });
    cpSync(copy, relay.folder, { recursive: true });
    relay.wire.cut();
    await relay.start();
    expect(await relay.decide('retention')).toMatchObject({ stale: true, obligations: { days: 30 } });
    relay.wire.heal();
    await healed();
    expect(await relay.decide('retention')).toMatchObject({ stale: false, obligations: { days: 31 } });
  });

  it('starts offline from its disk; what was changed there is not served, and fetched again', async () => {
    const relay = world.relay('edge-c');
    await relay.kill();
    const disk = new DatabaseSync(join(relay.folder, 'relay.sqlite'));
    disk.exec(
      "update held set content = cast(replace(cast(content as text), '31', '99') as blob) where policy = 'keep' and state = 'active'",
    );
    disk.close();
    relay.wire.cut();
    await relay.start();
    expect((await relay.status())?.damaged).toMatchObject([{ policy: 'keep' }]);
    expect(await relay.decide('retention')).toMatchObject({ effect: 'deny', under: [] });
    expect((await relay.decide('consent'))?.under).toMatchObject([{ policy: 'who' }]);
    relay.wire.heal();
    await healed();
    expect((await relay.status())?.damaged).toEqual([]);
    expect(await relay.decide('retention')).toMatchObject({ effect: 'allow', obligations: { days: 31 } });
  });

  it('misses nothing when Postgres is restarted', async () => {
    await world.restartPostgres();
    const first = await until('the first publication after it', () => world.publish(retention('keep', 32)));
    expect((await decided(first.rollout)).state).toBe('active');
    await world.publish(retention('extra', 5));
    await healed();
    await revokePolicy(world.ctx(), { id: 'extra', reason: 'not wanted' });
    await until('the revocation', async () => !(await world.wanted()).some(w => w.startsWith('extra')));
    await healed();
    // Their words are written in batches.
    await until('every relay to be known to have it', async () => {
      const told = await world.rows(
        'select 1 from policy_rollout_member where rollout_id = $1 and active_at is not null',
        [first.rollout],
      );
      return told.length === world.relays.length;
    });
  });

  it('lets a stolen token speak for no relay that exists', async () => {
    const thief = openDisk(':memory:');
    const hub = `http://127.0.0.1:${world.hub.port}`;
    const join = { hub, token: world.token, id: 'edge-a', labels: {}, agent: 'thief', now: new Date() };
    await expect(enrol(thief, join)).rejects.toThrow(/refused the join/);
    await expect(enrol(thief, { ...join, id: 'edge-x', token: 'guess' })).rejects.toThrow(/refused the join/);
    // Nor does a key of its own under the other's name get past the hello.
    const keys = await world.rows<{ body: string }>(
      "select body from policy_log where type = 'keys' limit 1",
    );
    const pinned = JSON.parse(Buffer.from(keys[0]?.body ?? '', 'base64').toString()).keys;
    const { privateKey } = generateKeyPairSync('ed25519');
    thief.pin({
      id: 'edge-a',
      hub:
        (await world
          .relay('edge-a')
          .status()
          .then(s => (s as unknown as { hub: string }).hub)) ?? '',
      keys: pinned,
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    });
    const link = keepLink({ hub, say: () => {}, engine: send => engineOn(thief, send) });
    await until('the refusal', async () => link.engine.status().refusedByHub);
    expect(link.engine.status()).toMatchObject({ connected: false });
    expect(link.engine.status().refusedByHub).toMatch(/not signed by the key/);
    await link.stop();
    await healed();
  });

  it('puts a relay that lies about its hash into quarantine, and goes on without it', async () => {
    const disk = openDisk(':memory:');
    const hub = `http://127.0.0.1:${world.hub.port}`;
    await enrol(disk, {
      hub,
      token: world.token,
      id: 'edge-liar',
      labels: {},
      agent: 'liar',
      now: new Date(),
    });
    const link = keepLink({ hub, say: () => {}, engine: send => engineOn(disk, lying(disk, send)) });
    await until('the liar to be let in', async () => link.engine.status().connected);
    for (let days = 40; ; days += 1) {
      const { rollout } = await world.publish(retention('keep', days));
      expect((await decided(rollout)).state).toBe('active');
      const [row] = await world.rows<{ state: string; strikes: number }>(
        "select state, strikes from relay where id = 'edge-liar'",
      );
      if (row?.state === 'quarantined') break;
      expect(row?.strikes).toBeLessThan(3);
    }
    await until('the liar to be let go', async () => !link.engine.status().connected);
    expect(await world.rows("select 1 from relay_policy where relay_id = 'edge-liar'")).toEqual([]);
    await link.stop();
    await healed();
  });

  it('lets go of a relay whose key was revoked while it was connected', async () => {
    const relay = world.relay('edge-c');
    await revokeRelay(world.ctx(), relay.id, 'stolen');
    const status = await until('the relay to be let go', async () => {
      const now = await relay.status();
      return now && !now.connected && now.refusedByHub ? now : null;
    });
    expect(status.refusedByHub).toMatch(/may not speak|revoked/);
    await world.publish(retention('keep', 60));
    await healed(world.relays.filter(r => r !== relay));
    expect(await relay.decide('retention')).not.toMatchObject({ obligations: { days: 60 } });
  });

  it('never had an unverified policy active anywhere, nor two versions current', async () => {
    await watch.stop();
    expect(watch.violations).toEqual([]);
    expect(watch.looks).toBeGreaterThan(50);
    const history = await world.history();
    expect([...watch.seen].filter(word => !history.has(word))).toEqual([]);
    expect(watch.seen.size).toBeGreaterThan(8);
  });
});

function engineOn(disk: ReturnType<typeof openDisk>, send: (frame: RelayFrame) => void): RelayEngine {
  const identity = identityOf(disk);
  if (!identity) throw new Error('The relay has not joined.');
  const { id, key } = identity;
  const time = { now: () => new Date(), mono: () => performance.now() };
  return new RelayEngine({ id, key, disk, agent: 'test', send, ...time });
}

/** Signs properly, but another hash than the one it computed. */
function lying(disk: ReturnType<typeof openDisk>, send: (frame: RelayFrame) => void) {
  const identity = identityOf(disk);
  return (frame: RelayFrame) => {
    if (!identity || frame.frame !== 'signed') return send(frame);
    const said = JSON.parse(Buffer.from(frame.message.payload, 'base64').toString());
    if (said.body.type !== 'ack') return send(frame);
    const lie = { ...said, body: { ...said.body, hash: 'f'.repeat(64) } };
    const key = { id: identity.id, key: identity.key };
    send({ frame: 'signed', message: signEnvelope(relayType, canonicalBytes(lie), [key]) });
  };
}
