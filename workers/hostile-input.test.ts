import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { maxBodyBytes } from '#kernel/http/body.ts';
import { signRequestBy } from '#kernel/http/message-signatures.ts';
import { type Route, routesOf } from '#kernel/http/rest/routes.ts';
import { sha256Hex } from '#kernel/signing/canonical.ts';
import { signEnvelope } from '#kernel/signing/dsse.ts';
import { activeSigners, signHybrid } from '#kernel/signing/signer.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { type RegionKeyPair, regionKeyPair, registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { heartbeatType, registrationType } from '#server/federation/regions/schema.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { joinType } from '#server/federation/trust/schema.ts';
import { messageSigner, ownBundle } from '#server/federation/trust/service/self.ts';
import { appRouter, createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from './ports.ts';
import { attachTrust } from './trust.ts';

/** Whatever is sent to the federation's ports is answered as what it is: wrong, and never a defect of ours. */
const keys = ['regions', 'trust', 'edgeRouting'] as const;
type Key = (typeof keys)[number];
let bed: TestBed;
let token: string;
let regionKey: RegionKeyPair;
const servers = new Map<Key, { server: FastifyInstance; url: string }>();

beforeAll(async () => {
  loadEnvForTest({
    ATOM_SECRET: testSecret,
    LOG_LEVEL: 'silent',
    SIMULATION_MODE: 'true',
    ATOM_ALLOWED_HOSTS: '127.0.0.1',
  });
  bed = await testBed();
  regionKey = await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'staging', homeRegion: 'eu-west' }),
  );
  const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
  token = (await admin.tokens.create({ name: 'test', roles: ['admin', 'operator'] })).secret;
  for (const key of keys) {
    const server = portServer(systems.find(s => s.key === key) ?? expect.fail(key), bed);
    if (key === 'trust') attachTrust(bed)(server);
    await server.listen({ host: '127.0.0.1', port: 0 });
    servers.set(key, {
      server,
      url: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    });
  }
});
afterAll(async () => {
  for (const { server } of servers.values()) await server.close();
  await bed.close();
});

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
/** Values that are nobody's, put where a text, a number, a list or an object is expected. */
const values: unknown[] = [
  null,
  true,
  '',
  ' ',
  'eu-west',
  't1',
  'a\u0000b',
  '\ud800',
  'ŕegion-ñ-日本-\u202e-🚀',
  'x'.repeat(5000),
  "'; drop table region; --",
  '../../etc/passwd',
  '%00',
  -1,
  0,
  1.5,
  1e308,
  2 ** 31,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 63),
  '9223372036854775808',
  '2026-13-45T99:99:99Z',
  '+275760-09-13T00:00:00.001Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  [],
  [null],
  [[[[]]]],
  {},
  { '\u0000': 1 },
  { __proto__x: 1, constructor: { prototype: 1 } },
  Array(2000).fill('x'),
];
const bodies = (fields: readonly string[]): string[] => [
  ...['', 'null', '[]', '"text"', '1', '{', '{"a":1,}', '\u0000', '{"__proto__":{"a":1}}', 'NaN', '1e999'],
  deep(20_000),
  `{"a":${'9'.repeat(5000)}}`,
  ...values.map(value => JSON.stringify(Object.fromEntries(fields.map(field => [field, value])))),
];

interface Answer {
  status: number;
  type: string;
  text: string;
}
async function ask(key: Key, path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(`${servers.get(key)?.url}${path}`, init);
  if (response.status === 429) {
    await response.arrayBuffer();
    await freshLimits();
    return ask(key, path, init);
  }
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}
/** Limits answer first, and would hide what is looked for. */
async function freshLimits(): Promise<void> {
  await bed.rows('delete from rate_bucket');
  bed.clock.advance(1_100);
}
/** What was answered as if it were a defect, or not as a problem document. */
const wrong = ({ status, type }: Answer) =>
  status >= 500 || (status >= 400 && !type.startsWith('application/problem+json'));
const bearer = () => ({ authorization: `Bearer ${token}` });
const json = { 'content-type': 'application/json' };
const said = (what: unknown, answer: Answer) =>
  `${JSON.stringify(what).slice(0, 300)} → ${answer.status} ${answer.text.slice(0, 300)}`;

const routes = keys.flatMap(key =>
  routesOf(appRouter, [key]).map(route => [route.procedure, key, route] as const),
);
const filling = (route: Route) => (value: string) =>
  route.meta.openapi.path.replaceAll(/\{\w+\}/g, encodeURIComponent(value));

describe.each(routes)('%s', (_procedure, key, route: Route) => {
  const { method, path } = route.meta.openapi;
  const filled = filling(route);
  const fields = Object.keys(route.input?.properties ?? {});

  it('answers what is wrong as wrong', async () => {
    const found: string[] = [];
    const tell = (what: unknown, answer: Answer) => {
      if (wrong(answer)) found.push(said(what, answer));
    };
    for (const name of ['eu-west', 't1', '%', 'a\u0000b', 'ŕ日', 'x'.repeat(3000), '..', '-1'])
      tell(
        name,
        await ask(key, filled(name), {
          method,
          headers: bearer(),
          ...(route.takesBody ? { body: '{}' } : {}),
        }),
      );
    tell(
      '%zz',
      await ask(key, path.replaceAll(/\{\w+\}/g, '%zz'), {
        method,
        headers: bearer(),
        ...(route.takesBody ? { body: '{}' } : {}),
      }),
    );
    if (!route.takesBody)
      for (const field of [...fields, 'unknown'])
        for (const value of values.map(String))
          tell(
            [field, value],
            await ask(
              key,
              `${filled('eu-west')}?${new URLSearchParams({ [field]: value, ...(field === 'wait' ? {} : {}) })}`,
              {
                method,
                headers: bearer(),
              },
            ),
          );
    else
      for (const body of bodies(fields))
        for (const headers of [{ ...json, ...bearer() }, json])
          tell(body, await ask(key, filled('eu-west'), { method, headers, body }));
    expect(found).toEqual([]);
  }, 120_000);
});

it.each(routes.filter(([, , { takesBody }]) => takesBody))(
  '%s takes no more than it says',
  async (_procedure, key, route) => {
    const body = Buffer.alloc(maxBodyBytes + 1, 'x');
    const { method } = route.meta.openapi;
    const headers = { ...json, ...bearer() };
    expect((await ask(key, filling(route)('eu-west'), { method, headers, body })).status).toBe(413);
  },
);

/** Each field of something that is otherwise right, in turn. */
function* spoiled(content: Record<string, unknown>): Generator<[string, Record<string, unknown>]> {
  for (const field of [...Object.keys(content), 'unknown'])
    for (const value of values)
      yield [`${field}: ${JSON.stringify(value)?.slice(0, 60)}`, { ...content, [field]: value }];
}

describe('what is signed, and still wrong', () => {
  const sealed = (type: string, content: unknown, by: RegionKeyPair) => {
    const key = [{ id: by.id, key: by.privateKey }];
    return signEnvelope(type, Buffer.from(JSON.stringify(content)), key);
  };
  const post = (key: Key, path: string, content: unknown, headers: Record<string, string> = json) =>
    ask(key, path, { method: 'POST', headers, body: JSON.stringify(content) });

  it('a registration', async () => {
    const own = regionKeyPair();
    const found: string[] = [];
    const content = {
      name: 'lab-1',
      url: 'https://lab-1.example.net',
      keys: [own.pem],
      environment: 'simulation',
      provider: 'lab',
      location: { lat: 1, lon: 1, country: 'DE' },
      issuedAt: bed.clock.now().toISOString(),
    };
    for (const [what, body] of spoiled(content)) {
      const answer = await post('regions', '/region/register', sealed(registrationType, body, own));
      if (wrong(answer)) found.push(said(what, answer));
    }
    for (const [what, location] of spoiled(content.location)) {
      const answer = await post(
        'regions',
        '/region/register',
        sealed(registrationType, { ...content, location }, own),
      );
      if (wrong(answer)) found.push(said(what, answer));
    }
    expect(found).toEqual([]);
  }, 120_000);

  it('a heartbeat', async () => {
    const found: string[] = [];
    let sequence = bed.clock.now().getTime();
    const content = () => {
      bed.clock.advance(1000);
      sequence += 1000;
      return {
        name: 'eu-west',
        sequence,
        at: bed.clock.now().toISOString(),
        role: 'member',
        epoch: 1,
        version: 'x',
        bundle: 1,
        load: { cpu: 0.1, memory: 0.1, rps: 1 },
        checks: { P1: 'PASS' },
      };
    };
    const beat = async (what: string, body: unknown) => {
      await bed.rows("update region set sequence = 0, state = 'active'"); // a high one would keep those after it from being read
      const answer = await post(
        'regions',
        '/region/eu-west/heartbeat',
        sealed(heartbeatType, body, regionKey),
      );
      if (wrong(answer)) found.push(said(what, answer));
    };
    // Each with a number and a time of its own, or it would be refused as a repetition before it is read.
    for (const [what, body] of spoiled(content())) {
      const [field = ''] = what.split(':');
      await beat(what, { ...content(), [field]: (body as Record<string, unknown>)[field] });
    }
    for (const [what, load] of spoiled(content().load)) await beat(what, { ...content(), load });
    for (const [what, checks] of spoiled(content().checks)) await beat(what, { ...content(), checks });
    expect(found).toEqual([]);
  }, 120_000);

  it('a join', async () => {
    const found: string[] = [];
    const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
    const invited = await admin.trust.invite({ trustDomain: 'beta.example' });
    const signers = await activeSigners(bed.database, bed.clock);
    const bundle = (await ownBundle(bed)).body;
    const content = {
      purpose: 'atom-federation-join',
      trustDomain: 'beta.example',
      endpoint: 'https://beta.example',
      token: sha256Hex(invited.token),
      at: bed.clock.now().toISOString(),
      bundle,
    };
    const now = () => ({ at: bed.clock.now().toISOString() });
    const join = async (what: string, body: unknown) => {
      const envelope = await signHybrid(joinType, Buffer.from(JSON.stringify(body)), signers);
      const answer = await post('trust', '/federation/join', { token: invited.token, envelope });
      if (wrong(answer)) found.push(said(what, answer));
    };
    for (const [what, body] of spoiled(content))
      await join(what, what.startsWith('at:') ? body : { ...body, ...now() });
    for (const [what, of] of spoiled(bundle)) await join(what, { ...content, ...now(), bundle: of });
    for (const [what, jwk] of spoiled((bundle.keys[0] ?? {}) as Record<string, unknown>))
      await join(what, { ...content, ...now(), bundle: { ...bundle, keys: [jwk, ...bundle.keys.slice(1)] } });
    expect(found).toEqual([]);
  }, 120_000);

  it('an announcement', async () => {
    const found: string[] = [];
    await bed.rows(
      `insert into federation_member (id, trust_domain, endpoint, state, origin, simulated, bundle, bundle_sequence,
         refresh_hint, bundle_at, next_refresh_at, created_at, updated_at)
       values ('m.example', 'm.example', 'http://127.0.0.1:1', 'active', 'invited', true, $1, 1, 300, $2, $2, $2, $2)`,
      [JSON.stringify((await ownBundle(bed)).body), bed.clock.now()],
    );
    const url = `${servers.get('trust')?.url}/federation/announce`;
    const send = async (what: string, text: string) => {
      await bed.rows("update federation_member set state = 'active'");
      await bed.rows('delete from rate_bucket');
      const body = Buffer.from(text);
      const headers = await signRequestBy(
        { method: 'POST', url, body },
        await messageSigner(bed),
        bed.clock.now(),
      );
      const response = await fetch(url, { method: 'POST', headers, body });
      const answer = {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        text: await response.text(),
      };
      if (wrong(answer)) found.push(said(what, answer));
    };
    const content = {
      kind: 'revocation',
      trustDomain: 'x.example',
      sequence: 1,
      keys: ['a'],
      at: bed.clock.now().toISOString(),
    };
    for (const [what, body] of spoiled(content)) await send(what, JSON.stringify(body));
    for (const text of bodies(['a']).slice(0, 14)) await send(text.slice(0, 40), text);
    expect(found).toEqual([]);
  }, 120_000);
});

/** What goes through if nothing of it is spoiled, or is refused for a reason of its own. */
const asked: [string, Record<string, unknown>][] = [
  ['regions.quarantine', { name: 'eu-west', reason: 'a test' }],
  ['regions.readmit', { name: 'eu-west', reason: 'a test' }],
  ['regions.retire', { name: 'nowhere', reason: 'a test' }],
  ['regions.notices', { name: 'eu-west', known: 'x', wait: 0 }],
  ['regions.list', { search: 'x', state: ['active'], id: ['eu-west'], limit: 5, offset: 0 }],
  ['trust.invite', { trustDomain: 'gamma.example', hours: 1 }],
  ['trust.accept', { endpoint: 'http://127.0.0.1:1', token: 'atom-federation-none' }],
  ['trust.admit', { id: 'm.example', reason: 'a test' }],
  ['trust.suspend', { id: 'm.example', reason: 'a test' }],
  ['trust.resume', { id: 'm.example', reason: 'a test' }],
  ['trust.revoke', { id: 'nobody.example', reason: 'a test' }],
  ['trust.govern', { version: 0, rules: {}, reason: 'a test' }],
  ['trust.flow', { from: 'eu-west', to: 'us-east', dataClass: 'personal' }],
  ['edgeRouting.route', { tenant: 't1', clientIp: '2.1.2.3', location: { lat: 1, lon: 1 }, residency: {} }],
  ['edgeRouting.readiness', { from: 'eu-west', to: 'us-east' }],
  ['edgeRouting.plan', { from: 'eu-west', to: 'us-east' }],
  ['edgeRouting.execute', { from: 'eu-west', to: 'us-east', reason: 'a test', dryRun: true }],
  ['edgeRouting.decide', { region: 'eu-west', reason: 'a test' }],
  ['edgeRouting.settings', { automatic: false, holdDownMinutes: 1, maxPerHour: 1, quorum: 2 }],
  ['edgeRouting.observe', { region: 'eu-west', observer: 'out', up: true, said: 'x' }],
  ['edgeRouting.practise', { region: 'eu-west', paused: false, reason: 'a test' }],
  ['edgeRouting.movePlan', { tenant: 't1', to: 'us-east' }],
  ['edgeRouting.move', { tenant: 't1', to: 'us-east', reason: 'a test', dryRun: true }],
  ['edgeRouting.moves', { tenant: 't1' }],
  ['edgeRouting.get', { id: '00000000-0000-7000-8000-000000000000' }],
];

describe('what a person with a second factor sends, and is wrong', () => {
  it('of a region that is not there, nobody’s word is kept', async () => {
    const operator = createCaller(bed.as(person('operator')));
    const given = { region: 'nowhere', observer: 'out', up: false };
    await expect(operator.edgeRouting.observe(given)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await bed.rows("select 1 from failover_observation where region = 'nowhere'")).toEqual([]);
  });
  it.each(asked)(
    '%s',
    async (procedure, right) => {
      const admin = { ...person('admin'), holders: ['admin', 'operator'] as const };
      const [system = '', name = ''] = procedure.split('.');
      const call = (input: unknown) => {
        const who = { ...admin, mfaAt: bed.clock.now(), mfaEnrolled: true };
        const all = createCaller(bed.as(who)) as unknown as Record<
          string,
          Record<string, (input: unknown) => Promise<unknown>>
        >;
        return all[system]?.[name]?.(input);
      };
      await bed.rows("update region set state = 'active'");
      const found: string[] = [];
      for (const [what, input] of [['right', right] as const, ...spoiled(right)])
        await Promise.resolve(call(input)).catch(error => {
          if (error.code === 'INTERNAL_SERVER_ERROR')
            found.push(`${what}: ${error.cause ?? error}`.slice(0, 300));
        });
      expect(found).toEqual([]);
    },
    120_000,
  );
});
