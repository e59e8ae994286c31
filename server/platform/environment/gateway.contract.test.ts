import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { realProbes } from './gateway.real.ts';

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

  it('speaks Redis, SMTP and Kafka', async () => {
    expect(
      await probe(
        'redis',
        `redis://127.0.0.1:${await speaking(heard => (heard.toString() === 'PING\r\n' ? '+PONG\r\n' : '-ERR\r\n'))}`,
      ),
    ).toBe('UP');
    expect(await probe('redis', `redis://127.0.0.1:${await speaking(() => 'HTTP/1.1 400\r\n')}`)).toBe(
      'ERROR:speaks another protocol',
    );
    expect(await probe('smtp', `smtp://127.0.0.1:${await speaking(() => null, '220 mail ESMTP\r\n')}`)).toBe(
      'UP',
    );
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
  });

  it('connects to Postgres, and tells a refused login from a refused connection without the password', async () => {
    const dsn = inject('adminUrl');
    expect(await probe('postgres', dsn)).toBe('UP');
    const wrong = new URL(dsn);
    wrong.password = 'hunter2';
    expect(await probe('postgres', wrong.toString())).toBe('ERROR:login refused');
    expect(await probe('postgres_list', `${dsn},postgresql://x:hunter2@127.0.0.1:1/x`)).toBe(
      'ERROR:connection refused',
    );
  });

  it('reads files', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'atom-probe-'));
    const key = join(dir, 'cosign.key');
    writeFileSync(
      key,
      '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n',
    );
    expect(await probe('cosign_key', key)).toBe('OK');
    writeFileSync(key, '-----BEGIN PRIVATE KEY-----\n');
    expect(await probe('cosign_key', key)).toBe('ERROR:not an encrypted cosign key');
    expect(await probe('file', join(dir, 'none'))).toBe('ERROR:no such file');
    const server = await speaking(() => null);
    const kubeconfig = join(dir, 'config');
    writeFileSync(
      kubeconfig,
      `clusters:\n- cluster:\n    server: https://127.0.0.1:${server}\n  name: c\ncontexts:\n- context: {}\n  name: lab\n`,
    );
    expect(await probe('kube_context', 'lab', { kubeconfig })).toBe('REACHABLE');
    expect(await probe('kube_context', 'other', { kubeconfig })).toBe(
      'ERROR:no such context in the kubeconfig',
    );
  });

  it('gives up on what never answers', async () => {
    expect(await probe('smtp', `smtp://127.0.0.1:${await speaking(() => null)}`)).toBe(
      'ERROR:no answer in time',
    );
    expect(await probe('http', `http://127.0.0.1:${await closedPort()}`)).toBe('ERROR:connection refused');
  });
});
