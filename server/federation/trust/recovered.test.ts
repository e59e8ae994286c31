import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '#kernel/db/database.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { publicPem } from '#kernel/signing/algorithm.ts';
import { signBytes } from '#kernel/signing/dsse.ts';
import { activeSigners } from '#kernel/signing/signer.ts';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { heartbeatEnvelope, type RegionKeyPair, registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { snapshotStore } from '#server/federation/recovery/service/files.ts';
import { runSnapshot } from '#server/federation/recovery/service/perform.ts';
import { recoverInto } from '#server/federation/recovery/service/recover.ts';
import { withScratchServer } from '#server/federation/recovery/service/scratch.ts';
import { requestSnapshot } from '#server/federation/recovery/service.ts';
import { consoleSigning, hubName } from '#server/policy/hub/service/console-signing.ts';
import { Hub } from '#server/policy/hub/service/hub.ts';
import { joinBytes } from '#server/policy/relay/rules/join.ts';
import type { HubFrame } from '#server/policy/relay/schema.ts';
import { RelayEngine } from '#server/policy/relay/service/engine.ts';
import { createJoinToken, joinRelay, tokenHash } from '#server/policy/relay/service/registry.ts';
import { openDisk } from '#server/policy/relay/store/disk.ts';
import { createCaller } from '#server/root.ts';
import { ownBundle } from './service/self.ts';
import { heard, standing } from './service/spread.ts';

/** A relay and a region that go on while the console they listen to is put back as it was before. */
const day = 86_400_000;
const home = mkdtempSync(join(tmpdir(), 'atom-trust-recovered-'));
let bed: TestBed;
let regionKey: RegionKeyPair;
let engine: RelayEngine;
let toHub: (frame: unknown) => void = () => {};
let start: number;

beforeAll(async () => {
  loadEnvForTest({ ATOM_HOME: home, ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
  bed = await testBed();
  start = bed.clock.now().getTime();
  regionKey = await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  const { body } = await ownBundle(bed);
  for (const id of ['beta', 'gamma', 'delta'])
    await bed.rows(
      `insert into federation_member (id, trust_domain, endpoint, state, origin, simulated, bundle, bundle_sequence,
         refresh_hint, bundle_at, next_refresh_at, created_at, updated_at)
       values ($1, $1, 'http://127.0.0.1:1', 'active', 'invited', true, $2, 1, 300, now(), now(), now(), now())`,
      [`${id}.example`, JSON.stringify(body)],
    );
  engine = await joinedRelay();
});
afterAll(async () => {
  await bed.close();
  rmSync(home, { recursive: true });
});

async function joinedRelay(): Promise<RelayEngine> {
  const { token } = await createJoinToken(bed.system, { name: 'test', maxUses: 1, hours: 1 });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const at = bed.clock.now().toISOString();
  const pem = publicPem(publicKey);
  const proof = signBytes(privateKey, joinBytes({ id: 'r1', publicKey: pem, at }, tokenHash(token)));
  await joinRelay(
    bed.system,
    { id: 'r1', publicKey: pem, at, proof: proof.toString('base64'), token, labels: {}, agent: 'test' },
    { admit: true, simulated: true },
  );
  const disk = openDisk(':memory:');
  const keys = await consoleSigning(bed.database, bed.clock).keys();
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  disk.pin({ id: 'r1', hub: hubName(), keys, keysFrom: 0, privateKey: pkcs8 });
  return new RelayEngine({
    id: 'r1',
    key: privateKey,
    disk,
    agent: 'test',
    now: () => bed.clock.now(),
    mono: () => 0,
    send: frame => toHub(frame),
  });
}

interface Console {
  database: Database;
  /** The hub says what it has to say, the relay answers, and the answers have arrived. */
  beat(): Promise<void>;
  revoke(id: string): Promise<number>;
  /** The region says up to where it has heard; what it is told. */
  regionSays(bundle: number): Promise<number>;
  /** Who has heard of the newest revocation. */
  heardBy(): Promise<string[]>;
  count(type: string): Promise<number>;
}

async function consoleOn(database: Database): Promise<Console & { stop(): Promise<void> }> {
  const { clock } = bed;
  let work: Promise<unknown> = Promise.resolve();
  const later = (more: Promise<unknown>) => {
    work = Promise.all([work, more]);
  };
  const settled = async () => {
    for (let seen: unknown; seen !== work; ) {
      seen = work;
      await seen;
    }
  };
  const hub = new Hub({
    database,
    clock,
    signing: consoleSigning(database, clock),
    trust: {
      standing: () => standing({ database, clock }),
      heard: (relay, sequence) => later(heard({ database, clock }, 'relay', [{ target: relay, sequence }])),
    },
  });
  await hub.start();
  engine.opened();
  const session = hub.open(
    text => later(engine.receive(JSON.parse(text) as HubFrame)),
    () => engine.closed(),
  );
  toHub = frame => later(session.receive(JSON.stringify(frame)));
  await settled();
  const as = (who: Parameters<typeof bed.as>[0]) => createCaller({ ...bed.as(who), database });
  const query = async (sql: string, values: unknown[] = []) =>
    (await database.pool('atom_owner').query(sql, values)).rows;
  return {
    database,
    beat: async () => {
      await hub.beat();
      await settled();
      await engine.beat();
      await settled();
    },
    revoke: async id => {
      await as({ ...person('operator'), mfaAt: clock.now(), mfaEnrolled: true }).trust.revoke({
        id: `${id}.example`,
        reason: 'its key was lost',
      });
      return (await standing({ database, clock })).sequence;
    },
    regionSays: async bundle => {
      clock.advance(1000);
      const now = clock.now();
      const beat = heartbeatEnvelope(regionKey, {
        ...{ name: 'eu-west', sequence: now.getTime(), at: now },
        bundle,
      });
      const { notices } = await as(simulationPrincipal).regions.heartbeat({ ...beat, name: 'eu-west' });
      return (notices as { trust: { sequence: number } }).trust.sequence;
    },
    heardBy: async () =>
      (
        await query(
          `select target from federation_spread where kind <> 'member' and heard_at is not null
             and sequence = (select max(sequence) from federation_revocation) order by 1`,
        )
      ).map(row => row.target),
    count: async type =>
      (await query('select count(*)::int as n from ledger_entry where type = $1', [type]))[0].n,
    stop: async () => {
      await hub.stop();
      engine.closed();
    },
  };
}

async function live<T>(database: Database, use: (at: Console) => Promise<T>): Promise<T> {
  const at = await consoleOn(database);
  try {
    return await use(at);
  } finally {
    await at.stop();
  }
}

const recovered = (id: string, use: (at: Console) => Promise<void>) =>
  withScratchServer(async url => {
    await recoverInto(url, snapshotStore(), id, bed.clock);
    const database = openDatabase(url);
    try {
      await live(database, use);
    } finally {
      await database.close();
    }
  });

describe('a console that was put back as it was before', () => {
  let snapshot: string;
  let lost: number;
  let bundle: number;

  it('gives a number to each revocation; relay and region say that they heard', async () => {
    await live(bed.database, async at => {
      const first = await at.revoke('beta');
      await at.beat();
      expect(await at.regionSays(first)).toBe(first);
      expect(await at.heardBy()).toEqual(['eu-west', 'r1']);
      const { id } = await requestSnapshot(bed.system, 'demand');
      await runSnapshot(bed.system, id);
      snapshot = id;
    });
    bed.clock.advance(day);
    await live(bed.database, async at => {
      lost = await at.revoke('gamma');
      const [classical] = (await activeSigners(bed.database, bed.clock)).filter(
        s => s.algorithm === 'ed25519',
      );
      const admin = { ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true };
      await createCaller(bed.as(admin)).keys.rotate({ id: classical?.keyid ?? '', reason: 'yearly' });
      bundle = (await ownBundle(bed)).sequence;
      await at.beat();
      await at.regionSays(lost);
      expect(await at.heardBy()).toEqual(['eu-west', 'r1']);
      expect(engine.status().trust?.revoked).toEqual(['gamma.example', 'beta.example']);
    });
  });

  it('gives no number again, and takes nobody for having heard who heard of another one', async () => {
    await recovered(snapshot, async at => {
      bed.clock.advance(1000);
      const next = await at.revoke('delta');
      expect(next).toBeGreaterThan(lost);
      // The region's last word was about the one that was lost.
      expect(await at.regionSays(lost)).toBe(next);
      expect(await at.heardBy()).toEqual([]);
      await at.regionSays(next);
      await at.beat();
      expect(await at.heardBy()).toEqual(['eu-west', 'r1']);
      expect(engine.status().trust?.revoked).toEqual(['delta.example', 'beta.example']);
      // Members hold the bundle that was published after the snapshot, and take this one after it.
      expect((await ownBundle({ database: at.database, clock: bed.clock })).sequence).toBeGreaterThan(bundle);
    });
  }, 300_000);

  it('learns from who listens that a revocation was lost, says so, and tells everything again', async () => {
    await recovered(snapshot, async at => {
      const held = engine.status().trust?.sequence ?? 0;
      await at.beat();
      expect(await at.count('federation.renumbered')).toBe(1);
      await at.beat();
      expect(engine.status().trust).toMatchObject({ revoked: ['beta.example'] });
      expect(engine.status().trust?.sequence).toBeGreaterThan(held);
      await at.beat();
      expect(await at.count('federation.renumbered')).toBe(1);
      const notices = await at.database
        .pool('atom_owner')
        .query("select body from outbox where body::text like '%trust:lost-revocations%'");
      expect(notices.rows).toHaveLength(1);
      // Nobody makes it count on by naming a number that leaves none.
      await at.regionSays(Number.MAX_SAFE_INTEGER);
      expect(await at.count('federation.renumbered')).toBe(1);
    });
  }, 300_000);

  it('is heard also where its clock is behind, so that its number lies below what was heard before', async () => {
    await recovered(snapshot, async at => {
      const held = engine.status().trust?.sequence ?? 0;
      bed.clock.set(new Date(start));
      expect(await at.revoke('delta')).toBeLessThan(held);
      await at.beat();
      expect(await at.heardBy()).toEqual([]);
      await at.beat();
      expect(engine.status().trust?.revoked).toEqual(['delta.example', 'beta.example']);
      expect(await at.heardBy()).toEqual(['r1']);
    });
  }, 300_000);
});
