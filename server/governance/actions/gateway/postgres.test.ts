import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { PlanStep } from '#kernel/actions/plan.ts';
import { fakeClock } from '#kernel/clock/clock.ts';
import type { RegionServer } from '#kernel/regions/servers.ts';
import { type ActionDriver, DriverAway, DriverRefused, type Order, TargetMoved } from '../gateway.ts';
import { logsIn } from '../store/remote.ts';
import { passwordOf, postgresDriver } from './postgres.ts';

/** Against a real server: roles with passwords, sessions, and the server's own login check. */
const suffix = randomBytes(4).toString('hex');
const tenant = `acme${suffix}`;
const role = `${tenant}.app`;
/** Its name begins as the other's does, and so does that of its role. */
const sibling = `${tenant}_two`;
const target = `postgres/eu-west/${role}`;
const first = 'the-first-password';
let admin: pg.Client;
let server: RegionServer;
let driver: ActionDriver;
const clock = fakeClock();

const rotate: PlanStep = { action: 'rotate-keys', target, params: {} };
const restart: PlanStep = { action: 'restart', target, params: {} };
const order = (key: string, expected: string | null): Order => ({
  tenantId: tenant,
  executionId: 'e900',
  idempotencyKey: key,
  expected,
  signal: AbortSignal.timeout(60_000),
});

beforeAll(async () => {
  server = { region: 'eu-west', dsn: inject('adminUrl'), embedded: true };
  admin = new pg.Client({ connectionString: server.dsn });
  await admin.connect();
  await admin.query(`create role "${role}" login password '${first}'`);
  await admin.query(`create role "${tenant}.chief" login createrole password 'x'`);
  await admin.query(`create role "${tenant}.rows" login bypassrls password 'x'`);
  await admin.query(`create role "${sibling}" login password 'x'`);
  await admin.query(`create role "${tenant}_declared" login password 'x'`);
  await admin.query(`comment on role "${tenant}_declared" is 'For reports. atom:tenant=${sibling}'`);
  driver = postgresDriver({ clock }, () => [server]);
});
afterAll(async () => {
  for (const name of [role, `${tenant}.chief`, `${tenant}.rows`, sibling, `${tenant}_declared`])
    await admin.query(`drop role if exists "${name}"`);
  await admin.end();
});

describe('rotating the password of a role', () => {
  it('finds a tenant’s own roles, and nobody else’s, and never a privileged one', async () => {
    expect((await driver.targets(tenant)).map(t => t.target)).toEqual([target]);
    expect(await driver.targets('someone-else')).toEqual([]);
    expect(await driver.handles(rotate, tenant)).toBe(true);
    expect(await driver.handles(rotate, 'someone-else')).toBe(false);
    expect(await driver.read(`postgres/eu-west/${tenant}.chief`, tenant)).toBeNull();
    expect(await driver.read(`postgres/eu-west/${tenant}.rows`, tenant)).toBeNull();
    expect(await driver.read(`postgres/eu-west/postgres`, 'postgres')).toBeNull();
    expect(await driver.handles({ action: 'scale', target, params: { replicas: 2 } }, tenant)).toBe(false);
  });

  it('gives no tenant the role of another whose name begins alike; what a comment declares goes before names', async () => {
    expect((await driver.targets(sibling)).map(t => t.target)).toEqual([
      `postgres/eu-west/${tenant}_declared`,
      `postgres/eu-west/${sibling}`,
    ]);
    for (const name of [sibling, `${tenant}_declared`])
      expect(await driver.read(`postgres/eu-west/${name}`, tenant)).toBeNull();
    expect(await driver.read(target, sibling)).toBeNull();
  });

  it('changes what the server lets in, once under one key, and says that it cannot be taken back', async () => {
    expect(await logsIn(server.dsn, role, first)).toBe(true);
    const before = await driver.snapshot(rotate, tenant);
    expect(await driver.dryRun(rotate, before)).toMatchObject({ reversible: false });
    expect((await driver.verify(rotate, before)).outcome).toBe('wrong');
    const applied = await driver.apply(rotate, before, order('k1:0:all', before.version));
    expect(applied.repeated).toBe(false);
    expect((await driver.verify(rotate, before)).outcome).toBe('ok');
    expect(await logsIn(server.dsn, role, first)).toBe(false);
    const fresh = passwordOf(target, 'k1:0:all');
    expect(await logsIn(server.dsn, role, fresh)).toBe(true);

    const again = await driver.apply(rotate, before, order('k1:0:all', before.version));
    expect(again).toMatchObject({ repeated: true, version: applied.version });
    expect(await logsIn(server.dsn, role, fresh)).toBe(true);
    await expect(driver.rollback(rotate, before, order('k1:0:back', null))).rejects.toBeInstanceOf(
      DriverRefused,
    );
    // Nothing of a password is in what is kept and shown.
    expect(JSON.stringify([before, applied])).not.toContain(fresh.slice(0, 10));
  });

  it('refuses a role whose password somebody else changed meanwhile', async () => {
    const before = await driver.snapshot(rotate, tenant);
    await admin.query(`alter role "${role}" password 'by-hand'`);
    await expect(driver.apply(rotate, before, order('k2:0:all', before.version))).rejects.toBeInstanceOf(
      TargetMoved,
    );
    expect(await logsIn(server.dsn, role, 'by-hand')).toBe(true);
  });
});

describe('ending the sessions of a role', () => {
  it('ends those that were open, and leaves the ones that came since', async () => {
    await admin.query(`alter role "${role}" password 'again'`);
    const url = new URL(server.dsn);
    url.username = role;
    url.password = 'again';
    const open = async () => {
      const client = new pg.Client({ connectionString: url.toString() });
      client.on('error', () => {});
      await client.connect();
      return client;
    };
    const old = await open();
    clock.set(new Date());
    const before = await driver.snapshot(restart, tenant);
    expect(before.state.sessions).toBe(1);
    const ended = new Promise(resolve => old.once('end', resolve));
    await driver.apply(restart, before, order('k3:0:all', before.version));
    await ended;
    expect((await driver.verify(restart, before)).outcome).toBe('ok');
    const fresh = await open();
    await driver.apply(restart, before, order('k3:0:all', before.version));
    expect((await fresh.query('select 1 as ok')).rows).toEqual([{ ok: 1 }]);
    await fresh.end();
    expect((await driver.restored(restart, before)).outcome).toBe('ok');
  });
});

it('says that a server is away, which is worth another try', async () => {
  const gone = postgresDriver({ clock }, () => [{ ...server, dsn: 'postgresql://x:y@127.0.0.1:1/z' }]);
  await expect(gone.read(target, tenant)).rejects.toBeInstanceOf(DriverAway);
  expect(await gone.targets(tenant)).toEqual([]);
});
