import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { person, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { forgetTokenKeys } from './service/redaction.ts';

let bed: TestBed;
beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'true' });
  forgetTokenKeys();
  bed = await testBed();
  bed.clock.advance(Date.now() - bed.clock.now().getTime());
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['t1', 't2'])
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment: 'simulation', homeRegion: 'eu-west' }),
    );
});
afterAll(() => bed.close());

const letters = (n: number) => randomBytes(n).toString('hex').slice(0, n);
const card = () => {
  const body = [4, ...Array.from({ length: 14 }, () => randomInt(10))];
  const sum = body.toReversed().reduce((s, d, i) => s + (i % 2 ? d : d * 2 > 9 ? d * 2 - 9 : d * 2), 0);
  return [...body, (10 - (sum % 10)) % 10].join('');
};
/** Each is a secret of its own kind, so that what leaks says by which hole. */
const canaries = () => ({
  email: `${letters(12)}@canary.example`,
  card: card(),
  ssn: `${randomInt(100, 600)}-${randomInt(10, 99)}-${randomInt(1000, 9999)}`,
  bearer: letters(40),
  key: `AKIA${letters(16).toUpperCase()}`,
  password: letters(18),
  name: `Zo${letters(10)}`,
  ip: `93.${randomInt(1, 200)}.${randomInt(1, 200)}.${randomInt(1, 200)}`,
});
type Canaries = ReturnType<typeof canaries>;
const sentence = (c: Canaries) =>
  `user ${c.email} from ${c.ip} paid with ${c.card} (ssn ${c.ssn}), Authorization: Bearer ${c.bearer}, key ${c.key}, password=${c.password}`;

const json = { host: 'localhost:8801', 'content-type': 'application/json' };
const nanos = () => `${Date.now()}000000`;

/** Through every door, in every field that takes text. */
function requests(next: () => Canaries) {
  const post = (url: string, payload: unknown, headers: Record<string, string> = json) => ({
    url,
    headers,
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  const c = next;
  const [a, b, d, e, f, g, h, i, k, l] = Array.from({ length: 10 }, c) as [
    Canaries,
    Canaries,
    Canaries,
    Canaries,
    Canaries,
    Canaries,
    Canaries,
    Canaries,
    Canaries,
    Canaries,
  ];
  return [
    post('/ingest/event', {
      tenant_id: 't1',
      event: `paid by ${a.email}`,
      id: `order:${a.card}`,
      service: `shop-${a.email}`,
      region: a.email.slice(0, 60),
      message: sentence(a),
      attributes: {
        customer_name: a.name,
        client_ip: a.ip,
        note: sentence(a),
        [`key of ${a.email}`]: [a.ssn, { deep: { deeper: sentence(a), amount: Number(a.card) } }],
        headers: { authorization: `Bearer ${a.bearer}` },
        db_password: a.password,
      },
    }),
    post('/ingest/event', { tenant_id: b.email, event: 'x', message: sentence(b) }),
    post('/ingest/event', {
      tenant_id: 't1',
      event: 'x',
      severity: b.email.slice(0, 19),
      [b.email]: 1,
      message: sentence(b),
    }),
    post('/ingest/event', `{"tenant_id":"t1","event":"broken ${sentence(d)}`),
    post('/ingest/event', [
      { tenant_id: 't1', event: 'listed', message: sentence(d) },
      { [d.card]: d.email },
      sentence(d),
    ]),
    post(
      '/ingest/event',
      [
        JSON.stringify({ tenant_id: 't1', event: 'streamed', message: sentence(e) }),
        `{broken ${sentence(e)}`,
      ].join('\n'),
      { ...json, 'content-type': 'application/x-ndjson' },
    ),
    post('/ingest/event', {
      specversion: '1.0',
      id: e.email,
      source: `/from/${e.email}`,
      type: 'paid',
      tenantid: 't1',
      subject: e.email,
      data: { message: sentence(e), customer_name: e.name },
    }),
    post('/ingest/event', {
      version: '4',
      receiver: f.email,
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'Leak', tenant: 't1', instance: f.ip, owner_name: f.name },
          annotations: { summary: sentence(f), description: sentence(f) },
          startsAt: new Date().toISOString(),
          generatorURL: `https://svc:${f.password}@prom.example/g`,
        },
      ],
    }),
    post('/v1/logs', {
      resourceLogs: [
        {
          resource: {
            attributes: [
              { key: 'tenant.id', value: { stringValue: 't1' } },
              { key: 'host.owner_name', value: { stringValue: g.name } },
            ],
          },
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: nanos(),
                  body: { kvlistValue: { values: [{ key: 'said', value: { stringValue: sentence(g) } }] } },
                  attributes: [{ key: 'client.address', value: { stringValue: g.ip } }],
                },
              ],
            },
          ],
        },
      ],
    }),
    post('/v1/traces', {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'tenant.id', value: { stringValue: 't1' } }] },
          scopeSpans: [
            {
              spans: [
                {
                  traceId: letters(32),
                  spanId: letters(16),
                  name: `GET /u/${h.email}`,
                  startTimeUnixNano: nanos(),
                  attributes: [
                    {
                      key: 'url.full',
                      value: { stringValue: `https://x.example/?token=${h.password}&mail=${h.email}` },
                    },
                    { key: 'm', value: { stringValue: sentence(h) } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    }),
    post(
      '/loki/api/v1/push',
      {
        streams: [
          {
            stream: { job: 'web', user_name: i.name, peer: i.ip },
            values: [
              [nanos(), sentence(i)],
              [nanos(), sentence(i), { trace_id: i.email }],
            ],
          },
        ],
      },
      { ...json, 'x-scope-orgid': 't1' },
    ),
    post('/ingest/event', { event: 'by header', message: sentence(k) }, { ...json, 'x-tenant-id': k.email }),
    post(
      '/ingest/event',
      { tenant_id: 't1', event: 'again', message: sentence(l) },
      { ...json, authorization: `Bearer ${l.bearer}` },
    ),
  ];
}

/** Every row of every table as text. */
async function everything(): Promise<string> {
  const tables = await bed.rows<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  expect(tables.map(t => t.name)).toEqual(
    expect.arrayContaining(['atom.telemetry_event', 'atom_telemetry.event_key']),
  );
  const rows: string[] = [];
  for (const { name } of tables)
    for (const row of await bed.rows<Record<string, unknown>>(`select * from ${name}`))
      for (const value of Object.values(row))
        rows.push(
          Buffer.isBuffer(value)
            ? `${value.toString('utf8')} ${value.toString('hex')}`
            : (JSON.stringify(value) ?? ''),
        );
  return rows.join('\n');
}

it('lets no planted secret reach a table, a message that goes out, or the log', async () => {
  const planted: Canaries[] = [];
  const next = () => {
    const made = canaries();
    planted.push(made);
    return made;
  };
  const given = requests(next);
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['scripts/testing/telemetry-logged.ts', JSON.stringify({ dsn: bed.adminUrl, requests: given })],
    {
      env: {
        NODE_ENV: 'test',
        PATH: process.env.PATH,
        ATOM_SECRET: testSecret,
        LOG_LEVEL: 'trace',
        SIMULATION_MODE: 'true',
      },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const output = stdout + stderr;
  expect(JSON.parse(/statuses (.*)/.exec(stdout)?.[1] ?? '[]')).toEqual([
    201, 404, 400, 400, 207, 207, 201, 201, 200, 200, 204, 404, 401,
  ]);
  expect(output).toContain('"procedure":"telemetry.ingestMany"');
  const dispatcher = createDispatcher(bed.database.pool('atom_owner'));
  while ((await dispatcher.step()) ?? 0);
  const tables = await everything();
  expect(tables).toContain('"listed"');
  const found = planted.flatMap((set, n) =>
    Object.entries(set).flatMap(([kind, secret]) => [
      ...(tables.includes(secret) ? [`${n}:${kind} in a table`] : []),
      ...(output.includes(secret) ? [`${n}:${kind} in the log`] : []),
    ]),
  );
  expect(found).toEqual([]);
});

it('would notice: without the redactor the same planted secret is found', async () => {
  const secret = `${letters(12)}@canary.example`;
  await bed.rows(
    "insert into log_template (tenant_id, id, template, event, severity, example, first_seen, last_seen) values ('t1', 'x', $1, 'e', 1, '', now(), now())",
    [secret],
  );
  expect(await everything()).toContain(secret);
});

it('gives the tenant its own values back, with an entry that does not hold them', async () => {
  const [row] = await bed.rows<{ attributes: { customer_name: string } }>(
    "select attributes from telemetry_event where event like 'paid by%'",
  );
  const token = row?.attributes.customer_name ?? '';
  const t1 = createCaller(bed.as(tenantCaller('t1'))).telemetry;
  const { values } = await t1.reveal({ tenantId: 't1', tokens: [token], reason: 'a support case' });
  expect(values).toMatchObject([{ kind: 'name', value: expect.stringMatching(/^Zo/) }]);
  expect(await everything()).not.toContain(values[0]?.value);
  expect(
    await bed.rows("select 1 from ledger_entry where type = 'telemetry.revealed' and tenant_id = 't1'"),
  ).toHaveLength(1);
  const ask = (as: Parameters<TestBed['as']>[0], tenantId: string) =>
    createCaller(bed.as(as)).telemetry.reveal({ tenantId, tokens: [token], reason: 'curiosity' });
  await expect(ask(tenantCaller('t2'), 't1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(ask(tenantCaller('t2'), 't2')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(ask(person('operator'), 't1')).rejects.toMatchObject({ code: 'FORBIDDEN' });
});
