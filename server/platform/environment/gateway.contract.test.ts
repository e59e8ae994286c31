import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { realProbes } from './gateway.real.ts';

const dir = mkdtempSync(join(tmpdir(), 'atom-probe-'));
afterAll(() => rmSync(dir, { recursive: true }));

const open: (Server | HttpServer)[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function port(server: Server | HttpServer): Promise<number> {
  open.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const web = async (status: (path: string, authorization: string | undefined) => number) =>
  `http://127.0.0.1:${await port(createHttp((request, response) => response.writeHead(status(request.url ?? '', request.headers.authorization)).end()))}`;
const speaking = (answer: (heard: Buffer) => Buffer | string | null, greet?: string) =>
  port(
    createServer(socket => {
      socket.on('error', () => {});
      if (greet) socket.write(greet);
      socket.on('data', data => {
        const reply = answer(data);
        if (reply !== null) socket.write(reply);
      });
    }),
  );

/** A port that was just free; fetch itself refuses the well-known low ones. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const free = await port(server);
  await new Promise(resolve => server.close(resolve));
  return free;
}

const probe = (kind: Parameters<typeof realProbes.probe>[0], value: string, more = {}) =>
  realProbes.probe(kind, value, more);

describe('probes against small servers that speak the protocol', () => {
  it.each([
    ['prometheus', '/-/ready', 'UP'],
    ['loki', '/ready', 'UP'],
    ['registry_health', '/health', 'REACHABLE'],
  ] as const)('%s asks for %s', async (kind, path, word) => {
    expect(await probe(kind, await web(asked => (asked === path ? 200 : 404)))).toBe(word);
    expect(await probe(kind, await web(() => 503))).toBe('ERROR:status 503');
  });

  it.each([
    [200, 'UP'],
    [429, 'UP'],
    [473, 'UP'],
    [501, 'ERROR:not initialised'],
    [503, 'ERROR:sealed'],
    [404, 'ERROR:status 404'],
  ])('Vault’s %i is %s', async (status, word) => {
    expect(await probe('vault', await web(path => (path === '/v1/sys/health' ? status : 400)))).toBe(word);
  });

  it('knows a registry by 200 or 401, and an OpenAI key by its endpoint’s answer', async () => {
    expect(await probe('oci', await web(path => (path === '/v2/' ? 401 : 500)))).toBe('UP');
    expect(await probe('oci', await web(() => 404))).toBe('ERROR:status 404');
    const openaiBaseUrl = `${await web((path, auth) => (path === '/v1/models' && auth === 'Bearer good' ? 200 : 401))}/v1`;
    expect(await probe('openai', 'good', { openaiBaseUrl })).toBe('OK');
    expect(await probe('openai', 'bad', { openaiBaseUrl })).toBe('ERROR:status 401');
  });

  it('asks Redis for a PONG, signs in first where a password is given, and tells a refusal from a stranger', async () => {
    const server = (password: string | null) =>
      speaking(heard => {
        const said = heard.toString();
        const ping = '*1\r\n$4\r\nPING\r\n';
        if (password === null) return said === ping ? '+PONG\r\n' : '-ERR\r\n';
        const auth = `*2\r\n$4\r\nAUTH\r\n$${password.length}\r\n${password}\r\n`;
        return said === auth + ping ? '+OK\r\n+PONG\r\n' : '-NOAUTH Authentication required.\r\n';
      });
    expect(await probe('redis', `redis://127.0.0.1:${await server(null)}`)).toBe('UP');
    expect(await probe('redis', `redis://:two%20words@127.0.0.1:${await server('two words')}`)).toBe('UP');
    expect(await probe('redis', `redis://127.0.0.1:${await server('x')}`)).toBe('ERROR:login refused');
    expect(await probe('redis', `redis://127.0.0.1:${await speaking(() => 'HTTP/1.1 400\r\n')}`)).toBe(
      'ERROR:speaks another protocol',
    );
  });

  it('waits for the banner of a mail server', async () => {
    expect(await probe('smtp', `smtp://127.0.0.1:${await speaking(() => null, '220 mail ESMTP\r\n')}`)).toBe(
      'UP',
    );
    expect(await probe('smtp', `smtp://127.0.0.1:${await speaking(() => null, '554 no\r\n')}`)).toBe(
      'ERROR:speaks another protocol',
    );
  });

  it('asks Kafka brokers which versions they speak; one of the bootstrap servers is enough', async () => {
    const broker = await speaking(heard => {
      expect([heard.readInt32BE(0), heard.readInt16BE(4), heard.readInt16BE(6)]).toEqual([
        heard.length - 4,
        18,
        0,
      ]);
      const reply = Buffer.alloc(14);
      reply.writeInt32BE(10, 0);
      reply.writeInt32BE(heard.readInt32BE(8), 4);
      return reply;
    });
    expect(await probe('kafka', `127.0.0.1:${broker}`)).toBe('UP');
    expect(await probe('kafka', `127.0.0.1:${await closedPort()}, PLAINTEXT://127.0.0.1:${broker}`)).toBe(
      'UP',
    );
    expect(await probe('kafka', `127.0.0.1:${await closedPort()}`)).toBe('ERROR:connection refused');
    expect(await probe('kafka', `127.0.0.1:${await speaking(() => 'HTTP/1.1 400\r\n')}`)).toBe(
      'ERROR:speaks another protocol',
    );
  });

  it('takes any answer of a plain address for reachable, but no failure', async () => {
    expect(await probe('http', await web(() => 403))).toBe('REACHABLE');
    expect(await probe('http', await web(() => 502))).toBe('ERROR:status 502');
  });

  it('asks the Prometheus of every region', async () => {
    const [up, down] = [await web(path => (path === '/-/ready' ? 200 : 404)), await web(() => 503)];
    expect(await probe('prometheus_list', `eu-west=${up}, us-east=${up}`)).toBe('UP');
    expect(await probe('prometheus_list', `eu-west=${up},us-east=${down}`)).toBe('ERROR:status 503');
  });

  it('looks at a webhook without posting to it', async () => {
    const address = await web(() => expect.fail('It was called.'));
    expect(await probe('webhook', `${address}/hook`)).toBe('SET');
    expect(await probe('webhook', 'https://hooks.example.net/services/x')).toBe('SET');
    expect(await probe('webhook', 'http://hooks.example.net/services/x')).toBe('ERROR:not an https address');
    expect(await probe('set', 'anything')).toBe('SET');
  });

  it('connects to Postgres, and tells a refused login from a refused connection without the password', async () => {
    const dsn = inject('adminUrl');
    expect(await probe('postgres', dsn)).toBe('UP');
    const wrong = new URL(dsn);
    wrong.password = 'hunter2';
    expect(await probe('postgres', wrong.toString())).toBe('ERROR:login refused');
    expect(await probe('postgres_list', `${dsn}, ${dsn}`)).toBe('UP');
    expect(await probe('postgres_list', `${dsn},postgresql://x:hunter2@127.0.0.1:1/x`)).toBe(
      'ERROR:connection refused',
    );
  });

  it('knows an encrypted cosign key from a damaged one and from another kind', async () => {
    const key = join(dir, 'cosign.key');
    const body = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
    const pem = (content: string) =>
      `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${content}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`;
    const good = { kdf: { name: 'scrypt' }, cipher: { name: 'nacl/secretbox' }, ciphertext: 'AAAA' };
    writeFileSync(key, pem(body(good)));
    expect(await probe('cosign_key', key)).toBe('OK');
    writeFileSync(key, pem('AAAA'));
    expect(await probe('cosign_key', key)).toBe('ERROR:damaged cosign key');
    writeFileSync(key, '-----BEGIN PRIVATE KEY-----\n');
    expect(await probe('cosign_key', key)).toBe('ERROR:not an encrypted cosign key');
    expect(await probe('cosign_key', join(dir, 'none'))).toBe('ERROR:no such file');
  });

  it.each([
    ['hosts.ini', 'lab1 ansible_host=10.0.0.1\n[workers]\nlab[2:9]\n[all:vars]\nx=1\n', 'OK'],
    ['empty.ini', '# nobody yet\n[workers]\n', 'ERROR:names no hosts'],
    ['broken.ini', '[workers\nlab1\n', 'ERROR:not an Ansible inventory'],
    ['page.html', '<!doctype html>\n', 'ERROR:not an Ansible inventory'],
    ['hosts.yml', 'all:\n  children:\n    workers:\n      hosts:\n        lab1:\n', 'OK'],
    ['nobody.yml', 'all:\n  hosts: {}\n', 'ERROR:names no hosts'],
    ['hosts.json', '{"all": {"hosts": ["lab1"]}}', 'OK'],
    ['list.yaml', '- lab1\n', 'ERROR:not an Ansible inventory'],
  ])('reads the inventory %s', async (name, text, word) => {
    writeFileSync(join(dir, name), text);
    expect(await probe('ansible_inventory', join(dir, name))).toBe(word);
  });

  it('asks the cluster that the context names, not the first of the kubeconfig', async () => {
    const up = await web(path => (path === '/version' ? 401 : 500));
    const down = `http://127.0.0.1:${await closedPort()}`;
    const kubeconfig = join(dir, 'config');
    writeFileSync(
      kubeconfig,
      `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: AAAA
    server: ${down}
  name: first
- name: "second"
  cluster:
    server: ${up} # the lab
contexts:
  - context:
      cluster: second
      user: someone
    name: lab
  - context:
      cluster: first
    name: flow
users: []
`,
    );
    expect(await probe('kube_context', 'lab', { kubeconfig })).toBe('REACHABLE');
    expect(await probe('kube_context', 'flow', { kubeconfig })).toBe('ERROR:connection refused');
    expect(await probe('kube_context', 'first', { kubeconfig })).toBe(
      'ERROR:no such context in the kubeconfig',
    );
    const asJson = {
      clusters: [{ name: 'c', cluster: { server: up } }],
      contexts: [{ name: 'json', context: { cluster: 'c' } }],
    };
    writeFileSync(kubeconfig, JSON.stringify(asJson));
    expect(await probe('kube_context', 'json', { kubeconfig })).toBe('REACHABLE');
    writeFileSync(kubeconfig, 'contexts: &anchor [a]\n');
    expect(await probe('kube_context', 'lab', { kubeconfig })).toBe('ERROR:not a kubeconfig');
    expect(await probe('kube_context', 'lab', { kubeconfig: join(dir, 'gone') })).toBe('ERROR:no such file');
  });

  it('says nothing of the value in what it answers', async () => {
    for (const kind of ['http', 'redis', 'smtp', 'postgres', 'vault', 'prometheus'] as const)
      for (const value of ['hunter2 is no address', 'http://user:hunter2@127.0.0.1:1', 'smtp://hunter2'])
        expect(await probe(kind, value)).toMatch(/^ERROR:(?!.*hunter2)/);
  });

  it('gives up on what never answers', async () => {
    expect(await probe('smtp', `smtp://127.0.0.1:${await speaking(() => null)}`)).toBe(
      'ERROR:no answer in time',
    );
    expect(await probe('http', `http://127.0.0.1:${await closedPort()}`)).toBe('ERROR:connection refused');
  });
});
