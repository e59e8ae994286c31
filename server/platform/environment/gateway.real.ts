import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { reachable } from '#kernel/db/reachable.ts';
import type { Probe } from '#kernel/env/define.ts';
import { traceHeaders } from '#kernel/trace/trace.ts';
import type { ProbeGateway } from './gateway.ts';

const deadlineMs = 2000;

type Companions = Parameters<ProbeGateway['probe']>[2];

async function http(
  url: string,
  path: string,
  good: (status: number) => string | null,
  headers: Record<string, string> = {},
): Promise<string> {
  const target = new URL(url);
  target.pathname = `${target.pathname.replace(/\/$/, '')}${path}`;
  const response = await fetch(target, {
    signal: AbortSignal.timeout(deadlineMs),
    headers: { ...traceHeaders(), ...headers },
    redirect: 'manual',
  });
  await response.body?.cancel();
  return good(response.status) ?? `ERROR:status ${response.status}`;
}

const ok = (word: string) => (status: number) => (status >= 200 && status < 300 ? word : null);
const answers = (word: string) => (status: number) => (status < 500 ? word : null);

/** https://developer.hashicorp.com/vault/api-docs/system/health */
const vaultWords: Record<number, string> = {
  200: 'UP',
  429: 'UP',
  472: 'UP',
  473: 'UP',
  501: 'ERROR:not initialised',
  503: 'ERROR:sealed',
};

/** Opens a connection, says something, and looks at the first bytes that come back. */
function talk(
  host: string,
  port: number,
  tls: boolean,
  say: Buffer | null,
  understood: (answer: Buffer) => boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = tls ? connectTls({ host, port, servername: host }) : connect({ host, port });
    const end = (result: string | Error) => {
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.setTimeout(deadlineMs, () => end(new Error('no answer in time')));
    socket.once('error', end);
    socket.once(tls ? 'secureConnect' : 'connect', () => say && socket.write(say));
    socket.once('data', answer => end(understood(answer) ? 'UP' : 'ERROR:speaks another protocol'));
    socket.once('close', () => end(new Error('closed without an answer')));
  });
}

/** ApiVersions v0, correlation id 7: the first question every Kafka broker answers. */
const kafkaQuestion = Buffer.from('0000000c0012000000000007000461746f6d', 'hex');
kafkaQuestion.writeInt32BE(kafkaQuestion.length - 4, 0);

function redis(value: string): Promise<string> {
  const url = new URL(value);
  const auth = url.password
    ? `AUTH ${url.username ? `${decodeURIComponent(url.username)} ` : ''}${decodeURIComponent(url.password)}\r\n`
    : '';
  return talk(
    url.hostname,
    Number(url.port || 6379),
    url.protocol === 'rediss:',
    Buffer.from(`${auth}PING\r\n`),
    answer => /^\+(OK|PONG)/.test(answer.toString()),
  );
}

function smtp(value: string): Promise<string> {
  const url = new URL(value);
  const tls = url.protocol === 'smtps:';
  return talk(url.hostname, Number(url.port || (tls ? 465 : 25)), tls, null, answer =>
    answer.toString().startsWith('220'),
  );
}

function kafka(value: string): Promise<string> {
  const [host = '', port = '9092'] = (value.split(',')[0] ?? '').replace(/^\w+:\/\//, '').split(':');
  return talk(
    host,
    Number(port),
    false,
    kafkaQuestion,
    answer => answer.length >= 8 && answer.readInt32BE(4) === 7,
  );
}

function cosignKey(path: string): string {
  const pem = readFileSync(path, 'utf8');
  return /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----/.test(pem)
    ? 'OK'
    : 'ERROR:not an encrypted cosign key';
}

async function kubeContext(context: string, { kubeconfig }: Companions): Promise<string> {
  const text = readFileSync(kubeconfig ?? join(homedir(), '.kube', 'config'), 'utf8');
  const has = new RegExp(
    `^\\s*-?\\s*name:\\s*["']?${context.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}["']?\\s*$`,
    'm',
  ).test(text);
  if (!has) return 'ERROR:no such context in the kubeconfig';
  const server = /^\s*server:\s*(\S+)\s*$/m.exec(text)?.[1];
  if (!server) return 'ERROR:the kubeconfig names no server';
  const url = new URL(server);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port || 443) }, () => {
      socket.destroy();
      resolve('REACHABLE');
    });
    socket.setTimeout(deadlineMs, () => reject(new Error('no answer in time')));
    socket.once('error', reject);
  });
}

const probes: Record<Probe, (value: string, companions: Companions) => Promise<string> | string> = {
  set: () => 'SET',
  file: path => (readFileSync(path).length > 0 ? 'OK' : 'ERROR:the file is empty'),
  cosign_key: path => cosignKey(path),
  postgres: dsn => reachable(dsn, deadlineMs).then(() => 'UP'),
  postgres_list: list =>
    Promise.all(list.split(',').map(dsn => reachable(dsn.trim(), deadlineMs))).then(() => 'UP'),
  http: url => http(url, '', answers('REACHABLE')),
  registry_health: url => http(url, '/health', ok('REACHABLE')),
  prometheus: url => http(url, '/-/ready', ok('UP')),
  loki: url => http(url, '/ready', ok('UP')),
  vault: url => http(url, '/v1/sys/health', status => vaultWords[status] ?? null),
  oci: url => http(url, '/v2/', status => (status === 200 || status === 401 ? 'UP' : null)),
  openai: (key, { openaiBaseUrl }) =>
    http(openaiBaseUrl ?? 'https://api.openai.com/v1', '/models', ok('OK'), {
      authorization: `Bearer ${key}`,
    }),
  redis,
  smtp,
  kafka,
  kube_context: kubeContext,
};

/** Short, and never with the value: an address in an error message may carry a password. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND') return 'unknown host';
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'not readable';
  if (code === '28P01' || code === '28000') return 'login refused';
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  const text = cause instanceof Error ? cause.message : '';
  return /^(no answer in time|closed without an answer)$/.test(text) ? text : 'failed';
}

export const realProbes: ProbeGateway = {
  probe: async (kind, value, companions) => {
    try {
      return await probes[kind](value, companions);
    } catch (error) {
      return `ERROR:${reasonOf(error)}`;
    }
  },
};
