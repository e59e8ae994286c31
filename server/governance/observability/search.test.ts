import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { openAiEmbedder } from './gateway.real/embeddings.ts';
import { bundledEmbedder } from './service/embedder.ts';
import { embedSome, startEmbedding } from './service/embedding.ts';
import { flushTemplates } from './service/mining.ts';
import { ingestEvents, newTemplates } from './service.ts';

let bed: TestBed;
const said = [
  ['db', 'high', 'connection to postgres timed out after 3000 ms'],
  ['db', 'info', 'checkpoint complete: wrote 812 buffers'],
  ['shop', 'medium', 'payment provider declined the card of order 4711'],
  ['shop', 'info', 'user signed in successfully'],
  ['shop', 'low', 'password of user was wrong, login rejected'],
  ['edge', 'critical', 'certificate of edge-7.example expired'],
  ['edge', 'info', 'GET /assets/app.js 200 in 12 ms'],
] as const;

beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'true' });
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const [id, environment] of [
    ['t1', 'simulation'],
    ['t2', 'production'],
  ] as const)
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment, homeRegion: 'eu-west' }),
    );
  const at = bed.clock.now().getTime();
  await ingestEvents(
    bed.system,
    'http',
    said.map(([service, severity, message], n) => ({
      tenant_id: 't1',
      event: 'log',
      service,
      severity,
      message,
      region: 'eu-west',
      ts: at - (n + 1) * 60_000,
    })),
  );
  await ingestEvents(bed.system, 'http', [
    {
      tenant_id: 't2',
      event: 'log',
      service: 'hidden',
      message: 'connection to postgres timed out after 9 ms',
    },
    {
      tenant_id: 't1',
      event: 'mail',
      service: 'shop',
      message: 'receipt sent to ada@b.example',
      ts: at - 8 * 60_000,
    },
  ]);
  await flushTemplates(bed.database);
});
afterAll(() => bed.close());

const telemetry = (who = person('operator')) => createCaller(bed.as(who)).telemetry;
const messages = async (q: string, more = {}, who = person('operator')) =>
  (await telemetry(who).search({ q, tenant: ['t1'], ...more })).rows.map(r => r.message);

describe('search', () => {
  it('lists newest first without words, by every facet, and counts what it lists', async () => {
    const all = await telemetry().search({ tenant: ['t1'], limit: 3 });
    expect(all.rows.map(r => r.message)).toEqual(said.slice(0, 3).map(s => s[2]));
    expect(all).toMatchObject({ total: 8, nextOffset: 3, rankedBy: [] });
    expect((await telemetry().search({ tenant: ['t1'], limit: 3, offset: 6 })).rows).toHaveLength(2);
    expect((await telemetry().search({ severity: ['critical'], service: ['edge'] })).rows).toHaveLength(1);
    expect(
      (
        await telemetry().search({
          from: new Date(bed.clock.now().getTime() - 90_000).toISOString(),
          tenant: ['t1'],
        })
      ).rows,
    ).toHaveLength(1);
    const facets = await telemetry().facets({});
    expect(facets.tenant).toEqual({ t1: 8, t2: 1 });
    expect(facets.service).toMatchObject({ db: 2, shop: 4, edge: 2 });
    const { buckets } = await telemetry().histogram({ tenant: ['t1'], hours: 1 });
    expect(buckets.reduce((sum, b) => sum + Object.values(b.counts).reduce((x, y) => x + y, 0), 0)).toBe(8);
  });

  it('says since when it looked for parts of values, where there is more than it looks through', async () => {
    expect((await telemetry().search({ q: '4711', tenant: ['t1'] })).wordsSince).toBeNull();
    const at = bed.clock.now().getTime();
    await bed.rows(
      `insert into telemetry_event (tenant_id, ts, id, received_at, event, severity, service, attributes, source, simulated, batch)
        select 't1', $1::timestamptz - n * interval '1 ms', 'much-' || n, $1, 'much', 1, 'crowded', '{}', 'http', true, gen_random_uuid()
        from generate_series(1, 20001) n`,
      [new Date(at - 9 * 60_000)],
    );
    const { wordsSince } = await telemetry().search({ q: '4711', tenant: ['t1'], service: ['crowded'] });
    expect(Date.parse(wordsSince ?? '')).toBe(at - 9 * 60_000 - 20_000);
    await bed.rows("delete from telemetry_event where service = 'crowded'");
  });

  it('finds words and parts of values, and says what it ranked by', async () => {
    expect((await messages('certificate expired'))[0]).toBe(said[5][2]);
    expect((await messages('4711'))[0]).toBe(said[2][2]);
    expect((await messages('app.js'))[0]).toBe(said[6][2]);
    const { rankedBy } = await telemetry().search({ q: 'certificate', tenant: ['t1'] });
    expect(rankedBy).toEqual(['bm25', 'lexical-hash-512']);
  });

  it('finds what was taken out by what it stands for, within its tenant', async () => {
    expect((await messages('ada@b.example'))[0]).toMatch(/^receipt sent to <email:/);
    expect(await bed.rows("select 1 from telemetry_query where text like '%ada@%'")).toEqual([]);
  });

  it('shows nobody another tenant’s events or templates', async () => {
    for (const who of [tenantCaller('t1'), simulationPrincipal]) {
      const found = await telemetry(who).search({ q: 'postgres timed out' });
      expect(found.rows.length).toBeGreaterThan(0);
      expect(found.rows.every(r => r.tenantId === 't1')).toBe(true);
      expect(Object.keys((await telemetry(who).facets({})).tenant)).toEqual(['t1']);
      expect((await telemetry(who).templates({})).rows.every(r => r.tenantId === 't1')).toBe(true);
    }
    await expect(telemetry(tenantCaller('t1')).sources()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

it('knows which templates are new', async () => {
  const since = bed.clock.now();
  bed.clock.advance(60_000);
  await ingestEvents(bed.system, 'http', [
    { tenant_id: 't1', event: 'log', message: 'checkpoint complete: wrote 9 buffers' },
    { tenant_id: 't1', event: 'log', message: 'disk sda1 reports unrecoverable read failure' },
  ]);
  const found = await newTemplates(bed.system, 't1', new Date(since.getTime() + 1));
  expect(found.map(t => t.template)).toEqual(['disk sda1 reports unrecoverable read failure']);
});

describe('meaning', () => {
  it('finds what is said in other words, with the model that ships with the console', async () => {
    const running = startEmbedding(bed.database, bed.clock, bundledEmbedder());
    try {
      const open = async () => (await bed.rows('select 1 from log_template where embedding is null')).length;
      while ((await open()) > 0) await new Promise(resolve => setTimeout(resolve, 50));
      await telemetry().search({ q: 'authentication failure', tenant: ['t1'] }); // the first question may be too early
      const asked = async (q: string) => {
        for (let tries = 0; ; tries++) {
          const found = await telemetry().search({ q, tenant: ['t1'] });
          if (found.rankedBy.length === 3 || tries > 20) return found;
        }
      };
      const found = await asked('authentication failure');
      expect(found.rankedBy[2]).toBe('universal-sentence-encoder-lite-512');
      expect(found.rows.slice(0, 3).map(r => r.message)).toContain(said[4][2]);
      const stored = await bed.rows(
        'select distinct embedding_model as model, length(embedding) as bytes from log_template',
      );
      expect(stored).toEqual([{ model: 'universal-sentence-encoder-lite-512', bytes: 2048 }]);
    } finally {
      await running.stop();
    }
  });

  it('asks an OpenAI-compatible endpoint, keeps whose vector it is, and never compares two models’ vectors', async () => {
    const bodies: { model: string; input: string[] }[] = [];
    let authorization: string | undefined;
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      authorization = request.headers.authorization;
      const given = JSON.parse(body);
      bodies.push(given);
      const data = given.input.map((_: string, index: number) => ({
        object: 'embedding',
        index,
        embedding: Array.from({ length: 16 }, (__, i) => i + index),
      }));
      response
        .writeHead(request.url === '/v1/embeddings' ? 200 : 404)
        .end(JSON.stringify({ object: 'list', data: data.reverse() }));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const embedder = openAiEmbedder(`${base}/v1`, 'small', 'key');
      while ((await embedSome(bed.database, embedder)) > 0);
      expect(authorization).toBe('Bearer key');
      expect(bodies.every(b => b.model === 'small')).toBe(true);
      expect(JSON.stringify(bodies)).not.toContain('ada@');
      const models = await bed.rows<{ model: string }>(
        'select distinct embedding_model as model from log_template',
      );
      expect(models.map(m => m.model)).toEqual([expect.stringContaining('small at 127.0.0.1')]);
      await expect(openAiEmbedder(`${base}/elsewhere`, 'small').embed(['x'])).rejects.toMatchObject({
        kind: 'unavailable',
      });
    } finally {
      server.close();
    }
  });
});
