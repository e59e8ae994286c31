import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { verbs } from '#scripts/verbs/catalogue.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { newKeyFile, openKeyFile, signedHeartbeat, signedRegistration } from './service/agent.ts';
import { Pulse } from './service/pulse.ts';

/** What any region may rely on, whatever it is written in: this test knows the registry's address and its documents only. */
let bed: TestBed;
let server: FastifyInstance;
let registry: string;
let token: string;
const home = mkdtempSync(join(tmpdir(), 'atom-region-'));

beforeAll(async () => {
  bed = await testBed();
  // The agent of the last test has a clock of its own, and nobody sequences here: an entry that is as old as the test would
  // be late for health on a busy machine.
  bed.clock.set(new Date(Date.now() + 120_000));
  const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
  token = (await admin.tokens.create({ name: 'regions', roles: ['operator'] })).secret;
  const system = systems.find(s => s.key === 'regions');
  if (!system) throw new Error('regions');
  server = portServer(system, bed);
  await server.listen({ host: '127.0.0.1', port: 0 });
  registry = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await server.close();
  await bed.close();
  rmSync(home, { recursive: true });
});

const ask = async (path: string, body?: unknown, bearer?: string) => {
  const headers = {
    'content-type': 'application/json',
    ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
  };
  const response = await fetch(`${registry}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: await response.json(),
  };
};
const key = openKeyFile(newKeyFile());
const content = {
  name: 'conform-1',
  url: 'https://conform-1.example.net',
  environment: 'simulation' as const,
  location: { lat: 48.2, lon: 16.4, country: 'AT' },
};

describe('registry conformance, by REST', () => {
  it('registers once with 201, again without change, and shows the region', async () => {
    const envelope = signedRegistration(content, key);
    expect(await ask('/region/register', envelope)).toMatchObject({
      status: 201,
      body: { status: 'registered', region: { id: 'conform-1', state: 'active', country: 'AT' } },
    });
    expect((await ask('/region/register', envelope)).body.status).toBe('unchanged');
    expect(await ask('/region/conform-1')).toMatchObject({ status: 200, body: { keys: [{ id: key.id }] } });
    const list = await ask('/region/list');
    expect(list.body.rows.map((row: { id: string }) => row.id)).toContain('conform-1');
    expect(await ask('/region/nowhere')).toMatchObject({
      status: 404,
      type: expect.stringContaining('problem+json'),
    });
  });

  it('refuses what is unsigned with 401 and what was changed with 422, and says why', async () => {
    const envelope = signedRegistration({ ...content, name: 'conform-2' }, key);
    expect(await ask('/region/register', { ...content, keys: [key.pem] })).toMatchObject({
      status: 401,
      body: { code: 'region.unsigned' },
    });
    const payload = Buffer.from(JSON.stringify({ ...content, keys: [key.pem], url: 'https://x.example' }));
    expect(await ask('/region/register', { ...envelope, payload: payload.toString('base64') })).toMatchObject(
      {
        status: 422,
        body: { code: 'region.tampered', detail: expect.stringContaining('changed after signing') },
      },
    );
    expect(await ask('/region/conform-2')).toMatchObject({ status: 404 });
  });

  it('takes staging and production by a token beside the signature; production waits with 202', async () => {
    const own = openKeyFile(newKeyFile());
    const as = (environment: 'staging' | 'production' | 'simulation') =>
      signedRegistration(
        { ...content, name: `conform-${environment}`, environment, issuedAt: new Date().toISOString() },
        own,
      );
    for (const environment of ['staging', 'production'] as const) {
      expect(await ask('/region/register', as(environment))).toMatchObject({
        status: 401,
        body: { code: 'region.token', detail: expect.stringContaining('API token') },
      });
      expect(await ask('/region/register', as(environment), 'atom_wrong')).toMatchObject({ status: 401 });
    }
    expect(
      await bed.rows("select 1 from region where id in ('conform-staging', 'conform-production')"),
    ).toEqual([]);
    expect(
      await bed.rows(
        "select target from ledger_entry where type = 'region.refused' and target ~ '(staging|production)$' order by 1",
      ),
    ).toEqual([{ target: 'region:conform-production' }, { target: 'region:conform-staging' }]);
    // A token does not stand in for the signature.
    expect(await ask('/region/register', { ...as('staging'), signatures: [] }, token)).toMatchObject({
      status: 401,
      body: { code: 'region.unsigned' },
    });
    expect(await ask('/region/register', as('staging'), token)).toMatchObject({
      status: 201,
      body: { region: { environment: 'staging', state: 'active' } },
    });
    expect(await ask('/region/register', as('production'), token)).toMatchObject({
      status: 202,
      body: { status: 'approval_required' },
    });
    // Nor does the region's key alone change what came in by a token, or take it out.
    const out = signedRegistration(
      { ...content, name: 'conform-staging', issuedAt: new Date(Date.now() + 200_000).toISOString() },
      own,
    );
    expect(await ask('/region/register', out)).toMatchObject({ status: 401, body: { code: 'region.token' } });
    expect(await bed.rows("select environment from region where id = 'conform-staging'")).toEqual([
      { environment: 'staging' },
    ]);
  });

  it('takes a new key when the old one signed for it too, and from then on only the new one', async () => {
    const next = openKeyFile(newKeyFile());
    expect(await ask('/region/register', signedRegistration(content, next))).toMatchObject({
      status: 422,
      body: { code: 'region.key_change' },
    });
    expect(await ask('/region/register', signedRegistration(content, next, key))).toMatchObject({
      body: { status: 'updated' },
    });
    const beat = (by: typeof key) =>
      ask('/region/conform-1/heartbeat', signedHeartbeat('conform-1', by, bed.clock.now()));
    expect(await beat(key)).toMatchObject({ status: 422, body: { code: 'region.heartbeat_wrong_key' } });
    expect(await beat(next)).toMatchObject({
      status: 200,
      body: { status: 'accepted', state: 'active', notices: {} },
    });
    expect(await beat(next)).toMatchObject({ status: 409, body: { code: 'region.heartbeat_stale' } });
    expect(await ask('/region/conform-1/heartbeat', { hello: 1 })).toMatchObject({ status: 401 });
  });

  it('reports every region, health and metrics', async () => {
    const status = await ask('/global-status');
    expect(status.body.regions).toContainEqual(
      expect.objectContaining({ name: 'conform-1', state: 'active', role: 'member', epoch: 0, policies: {} }),
    );
    expect((await ask('/health')).body).toMatchObject({ status: 'ok', system: 'regions' });
    const metrics = await (await fetch(`${registry}/metrics`)).text();
    expect(metrics).toMatch(
      /region_heartbeats_total\{region="conform-1",outcome="accepted",simulated="true"\} 1/,
    );
  });
});

describe('the agent', () => {
  it('makes a key, registers and sends heartbeats', async () => {
    const run = (name: string, ...words: string[]) => verbs.find(v => v.name === name)?.run(words);
    const file = join(home, 'region.pem');
    expect(await run('region key', file)).toBe(0);
    expect(await run('region key', file)).toBe(1);
    const common = ['--name', 'agent-1', '--key', file, '--registry', registry];
    const more = [
      '--url',
      'https://agent-1.example.net',
      '--environment',
      'simulation',
      '--location',
      '60,25,FI',
    ];
    expect(await run('region heartbeat', ...common)).toBe(1); // unknown yet
    expect(await run('region register', ...common, ...more)).toBe(0);
    expect(await run('region heartbeat', ...common, '--times', '2', '--every', '0.01')).toBe(0);
    expect(await ask('/region/agent-1')).toMatchObject({
      body: { state: 'active', country: 'FI', report: {} },
    });
    const other = join(home, 'other.pem');
    writeFileSync(other, newKeyFile());
    expect(
      await run('region register', '--name', 'agent-1', '--key', other, '--registry', registry, ...more),
    ).toBe(1);
    expect(await run('region register', '--name', 'x')).toBe(2);
  });
});

describe('a region that goes on speaking', () => {
  it('hears of a revocation while it rests, and says with its next heartbeat that it did', async () => {
    const own = openKeyFile(newKeyFile());
    await ask('/region/register', signedRegistration({ ...content, name: 'pulse-1' }, own));
    const pulse = new Pulse(registry, 'pulse-1', own);
    const beat = async () => {
      bed.clock.set(new Date(Date.now()));
      expect(await pulse.beat()).toMatchObject({ status: 200, body: { status: 'accepted' } });
    };
    await beat();
    await pulse.rest(600_000); // at once: that nothing was revoked is told, too
    await beat();
    const resting = pulse.rest(600_000);
    await bed.rows(
      "insert into federation_revocation (sequence, member_id, trust_domain, keys, reason, at) values (1, 'gone', 'gone.example', '{}', 'test', now())",
    );
    await bed.rows("insert into federation_spread (sequence, kind, target) values (1, 'region', 'pulse-1')");
    await resting;
    const heard = () => bed.rows('select 1 from federation_spread where heard_at is not null');
    expect(await heard()).toEqual([]);
    await beat();
    expect(await heard()).toHaveLength(1);
  });
});
