import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importSPKI, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlanStep } from '#kernel/actions/plan.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { signedHeaders } from '#kernel/http/sigv4.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { type ActionDriver, DriverAway, DriverRefused, type Order, TargetMoved } from '../gateway.ts';
import { awsDriver, awsFleetDriver } from './aws.ts';
import { gcloudDriver, gcloudFleetDriver } from './gcloud.ts';
import { kubernetesDriver } from './kubernetes.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test' };
const secrets = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

interface Group {
  size: number;
  owner: string;
  instances: string[];
}
/** What both clouds hold: groups of machines by name. */
const fleets = {
  asg: new Map<string, Group>(),
  ecs: new Map<string, Group>(),
  mig: new Map<string, Group>(),
};
let born = 0;
let told: string[] = [];
let failWith: { status: number; code: string } | null = null;
const seen = new Set<string>();

const fill = (group: Group) => {
  while (group.instances.length < group.size) group.instances.push(`i-${++born}`);
  group.instances.length = group.size;
};
const replaceAll = (group: Group) => {
  group.instances = [];
  fill(group);
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** What arrived is signed once more by the key: one byte that differs from what was signed is a refusal. */
function signatureHolds(request: IncomingMessage, body: string): boolean {
  const given = String(request.headers.authorization ?? '');
  const [, day = '', region = '', service = ''] =
    /Credential=[^/]+\/(\d{8})\/([^/]+)\/([^/]+)\//.exec(given) ?? [];
  const names = (/SignedHeaders=([^,]+)/.exec(given)?.[1] ?? '').split(';');
  const stamp = String(request.headers['x-amz-date']);
  if (!stamp.startsWith(day) || !names.includes('host')) return false;
  const at = new Date(stamp.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z'));
  const headers = Object.fromEntries(
    names.filter(n => n !== 'host' && n !== 'x-amz-date').map(n => [n, String(request.headers[n])]),
  );
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  return (
    signedHeaders({ method: request.method ?? '', url, headers, body }, secrets, { region, service, at })
      .authorization === given
  );
}

function groupXml(name: string, group: Group): string {
  const members = group.instances
    .map(
      id =>
        `<member><InstanceId>${id}</InstanceId><LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus></member>`,
    )
    .join('');
  return `<member><AutoScalingGroupName>${name}</AutoScalingGroupName><MinSize>0</MinSize><MaxSize>20</MaxSize><DesiredCapacity>${group.size}</DesiredCapacity><Instances>${members}</Instances><Tags><member><Key>atom-tenant</Key><Value>${group.owner}</Value></member></Tags></member>`;
}

function autoscaling(body: string): string {
  const form = new URLSearchParams(body);
  const action = form.get('Action') ?? '';
  const name = form.get('AutoScalingGroupName') ?? form.get('AutoScalingGroupNames.member.1');
  if (action !== 'DescribeAutoScalingGroups') told.push(`${action} ${name}`);
  const group = name === null ? undefined : fleets.asg.get(name);
  if (action === 'SetDesiredCapacity' && group) {
    group.size = Number(form.get('DesiredCapacity'));
    fill(group);
  }
  if (action === 'StartInstanceRefresh' && group) replaceAll(group);
  const shown = [...fleets.asg].filter(([n]) => name === null || n === name);
  return `<Response><Result><AutoScalingGroups>${shown.map(([n, g]) => groupXml(n, g)).join('')}</AutoScalingGroups></Result></Response>`;
}

function containers(target: string, body: string): unknown {
  const action = target.split('.').at(-1);
  const input = JSON.parse(body);
  if (action === 'ListServices') return { serviceArns: [...fleets.ecs.keys()] };
  if (action === 'UpdateService') {
    const group = fleets.ecs.get(input.service);
    told.push(`UpdateService ${input.service}`);
    if (group && input.desiredCount !== undefined) group.size = input.desiredCount;
    if (group) fill(group);
    if (group && input.forceNewDeployment) group.instances = [`dep-${++born}`, ...group.instances.slice(1)];
    return {};
  }
  return {
    services: [...fleets.ecs]
      .filter(([name]) => input.services.includes(name))
      .map(([name, group]) => ({
        serviceName: name,
        status: 'ACTIVE',
        desiredCount: group.size,
        runningCount: group.size,
        tags: [{ key: 'atom-tenant', value: group.owner }],
        deployments: [{ id: group.instances[0] ?? 'none', status: 'PRIMARY' }],
      })),
  };
}

function engine(method: string, path: string, body: string): unknown {
  const url = new URL(path, 'http://x');
  const [, name, verb] = /instanceGroupManagers\/([^/]+)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
  const group = name === undefined ? undefined : fleets.mig.get(name);
  if (name !== undefined && !group) return null;
  const id = url.searchParams.get('requestId');
  if (group && (verb === 'resize' || verb === 'recreateInstances')) {
    told.push(`${verb} ${name}`);
    if (id !== null && seen.has(id)) return {};
    if (id !== null) seen.add(id);
    if (verb === 'resize') group.size = Number(url.searchParams.get('size'));
    if (verb === 'resize') fill(group);
    else if (JSON.parse(body).instances.length === group.size) replaceAll(group);
    return {};
  }
  if (group && verb === 'listManagedInstances' && method === 'POST')
    return {
      managedInstances: group.instances.map(one => ({
        id: one,
        instance: one,
        instanceStatus: 'RUNNING',
        currentAction: 'NONE',
      })),
    };
  const shown = (n: string, g: Group) => ({
    name: n,
    targetSize: g.size,
    status: { isStable: true },
    allInstancesConfig: { properties: { labels: { 'atom-tenant': g.owner } } },
  });
  return group && name ? shown(name, group) : { items: [...fleets.mig].map(([n, g]) => shown(n, g)) };
}

let bed: TestBed;
let server: Server;
let url: string;
let folder: string;
let keyFile: string;

beforeAll(async () => {
  loadEnvForTest({ ...base, ATOM_ALLOWED_HOSTS: '127.0.0.1' });
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 'T1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const answer = (status: number, found: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(found));
    if (request.url === '/token') {
      const assertion = new URLSearchParams(body).get('assertion') ?? '';
      const { payload } = await jwtVerify(assertion, await importSPKI(publicKey, 'RS256'), {
        audience: `${url}/token`,
        currentDate: bed.clock.now(),
      });
      told.push(`token ${payload.iss}`);
      return answer(200, { access_token: 'cloud-token', expires_in: 3600 });
    }
    if (failWith && !request.url?.includes('listManaged')) {
      const { status, code } = failWith;
      return answer(status, { __type: code, error: { message: code } });
    }
    if (request.url?.startsWith('/compute/')) {
      if (request.headers.authorization !== 'Bearer cloud-token') return answer(401, {});
      const found = engine(request.method ?? '', request.url, body);
      return answer(found === null ? 404 : 200, found ?? {});
    }
    if (!signatureHolds(request, body)) return answer(403, { __type: 'SignatureDoesNotMatch' });
    const target = request.headers['x-amz-target'];
    if (target !== undefined) return answer(200, containers(String(target), body));
    response.writeHead(200, { 'content-type': 'text/xml' }).end(autoscaling(body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'atom-cloud-'));
  keyFile = join(folder, 'key.json');
  writeFileSync(
    keyFile,
    JSON.stringify({
      type: 'service_account',
      client_email: 'console@project.example',
      private_key: privateKey,
      private_key_id: 'k1',
      token_uri: `${url}/token`,
    }),
    { mode: 0o600 },
  );
});
afterAll(async () => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
  loadEnvForTest(base);
  await bed.close();
});
beforeEach(() => {
  told = [];
  failWith = null;
  for (const fleet of Object.values(fleets)) {
    fleet.clear();
    fleet.set('web', { size: 2, owner: 't1', instances: ['a', 'b'] });
    fleet.set('other', { size: 2, owner: 't2', instances: ['c', 'd'] });
  }
});

const aws = (change: Partial<Parameters<typeof awsFleetDriver>[1]> = {}) =>
  awsFleetDriver(bed, {
    ...secrets,
    region: 'eu-west-1',
    cluster: 'main',
    endpoint: url,
    now: () => bed.clock.now(),
    ...change,
  });
const gcloud = () =>
  gcloudFleetDriver(bed, {
    project: 'project-1',
    zone: 'europe-west1-b',
    keyFile,
    endpoint: url,
    now: () => bed.clock.now(),
  });
let serial = 0;
const order = (expected: string | null, change: Partial<Order> = {}): Order => ({
  tenantId: 't1',
  executionId: 'e1',
  idempotencyKey: `cloud${++serial}:0:all`,
  expected,
  signal: AbortSignal.timeout(60_000),
  ...change,
});

describe.each<[string, () => ActionDriver, string, Map<string, Group>]>([
  ['an Auto Scaling group', aws, 'asg/web', fleets.asg],
  ['a service of ECS', aws, 'ecs/web', fleets.ecs],
  ['a managed instance group', gcloud, 'mig/web', fleets.mig],
])('%s', (_name, make, target, fleet) => {
  const scale: PlanStep = { action: 'scale', target, params: { replicas: 5 } };
  const restart: PlanStep = { action: 'restart', target, params: {} };
  const web = () => fleet.get('web') as Group;

  it('is listed and read by its owner only', async () => {
    const targets = await make().targets('t1');
    expect(targets.map(t => t.target)).toContain(target);
    expect(targets.every(t => t.tenantId === 't1')).toBe(true);
    expect(await make().read(target.replace('web', 'other'), 't1')).toBeNull();
    expect(await make().read(target, 't2')).toBeNull();
    expect(await make().read('no-such-thing', 't1')).toBeNull();
    expect(await make().handles(scale, 't1')).toBe(true);
    expect(await make().handles({ action: 'drain', target, params: {} }, 't1')).toBe(false);
  });

  it('is scaled once, seen to be so, and brought back', async () => {
    const driver = make();
    const before = await driver.snapshot(scale, 't1');
    expect((await driver.dryRun(scale, before)).changes).toEqual([
      { field: 'replicas', before: 2, after: 5 },
    ]);
    expect(told.filter(t => !t.startsWith('token'))).toEqual([]);
    expect((await driver.verify(scale, before)).outcome).toBe('wrong');
    const given = order(before.version);
    const applied = await driver.apply(scale, before, given);
    expect(applied.repeated).toBe(false);
    expect((await driver.verify(scale, before)).outcome).toBe('ok');
    expect((await driver.restored(scale, before)).outcome).not.toBe('ok');
    expect(await driver.apply(scale, before, given)).toMatchObject({
      repeated: true,
      version: applied.version,
    });
    expect(told.filter(t => !t.startsWith('token'))).toHaveLength(1);
    await driver.rollback(scale, before, order(null));
    expect(web().size).toBe(2);
    expect((await driver.restored(scale, before)).outcome).toBe('ok');
    expect((await driver.rollback(scale, before, order(null))).repeated).toBe(true);
  });

  it('is restarted once', async () => {
    const driver = make();
    const before = await driver.snapshot(restart, 't1');
    const instances = [...web().instances];
    expect((await driver.verify(restart, before)).outcome).toBe('settling');
    const given = order(before.version);
    await driver.apply(restart, before, given);
    await driver.apply(restart, before, given);
    expect(told.filter(t => !t.startsWith('token'))).toHaveLength(1);
    expect(web().instances).not.toEqual(instances);
    expect((await driver.verify(restart, before)).outcome).toBe('ok');
  });

  it('that moved is refused and left alone, and the order may be given again', async () => {
    const driver = make();
    const before = await driver.snapshot(scale, 't1');
    web().size = 9;
    fill(web());
    const given = order(before.version);
    await expect(driver.apply(scale, before, given)).rejects.toBeInstanceOf(TargetMoved);
    expect(web().size).toBe(9);
    web().size = 2;
    fill(web());
    await driver.apply(scale, before, given);
    expect(web().size).toBe(5);
  });

  it.each([
    [503, 'Unavailable', DriverAway],
    [429, 'ThrottlingException', DriverAway],
    [403, 'AccessDenied', DriverRefused],
  ])('whose cloud answers %i is told apart', async (status, code, kind) => {
    const driver = make();
    failWith = { status, code };
    await expect(driver.read(target, 't1')).rejects.toBeInstanceOf(kind);
  });
});

describe('the requests', () => {
  it('to AWS are refused under another key', async () => {
    await expect(aws({ secretAccessKey: 'another' }).read('asg/web', 't1')).rejects.toBeInstanceOf(
      DriverRefused,
    );
    await expect(aws({ secretAccessKey: 'another' }).read('ecs/web', 't1')).rejects.toThrow(
      /SignatureDoesNotMatch/,
    );
  });

  it('to Google Cloud carry a token that the service account signed for itself, kept until its end', async () => {
    const driver = gcloud();
    await driver.read('mig/web', 't1');
    await driver.read('mig/web', 't1');
    expect(told).toEqual(['token console@project.example']);
    bed.clock.advance(3_600_000);
    await driver.read('mig/web', 't1');
    expect(told).toHaveLength(2);
  });
});

describe('without its variables', () => {
  it('no driver is there', () => {
    expect([kubernetesDriver(bed), awsDriver(bed), gcloudDriver(bed)]).toEqual([null, null, null]);
  });
});
