import { reachable } from '#kernel/db/reachable.ts';
import type { Probe } from '#kernel/env/define.ts';
import { traceHeaders } from '#kernel/trace/trace.ts';
import { ansibleInventory, cosignKey } from './gateway.real/files.ts';
import { kubeContext } from './gateway.real/kubernetes.ts';
import { Reason, reasonOf } from './gateway.real/reason.ts';
import { deadlineMs, kafka, redis, smtp } from './gateway.real/wire.ts';
import type { ProbeGateway } from './gateway.ts';

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
const prometheus = (url: string) => http(url, '/-/ready', ok('UP'));

/** https://developer.hashicorp.com/vault/api-docs/system/health */
const vaultWords: Record<number, string> = {
  200: 'UP',
  429: 'UP',
  472: 'UP',
  473: 'UP',
  501: 'ERROR:not initialised',
  503: 'ERROR:sealed',
};

/** Every one of a list must be there; the first that is not speaks for all. */
async function each(list: string, one: (item: string) => Promise<string>): Promise<string> {
  const items = list
    .split(',')
    .map(item => item.trim())
    .filter(Boolean);
  if (items.length === 0) throw new Reason('the list is empty');
  const words = await Promise.all(items.map(one));
  return words.find(word => word !== 'UP') ?? 'UP';
}

/** Asking a webhook would post a message to people: only its form is looked at. */
function webhook(value: string): string {
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
    ? 'SET'
    : 'ERROR:not an https address';
}

const probes: Record<Probe, (value: string, companions: Companions) => Promise<string> | string> = {
  set: () => 'SET',
  webhook,
  ansible_inventory: ansibleInventory,
  cosign_key: cosignKey,
  postgres: dsn => reachable(dsn, deadlineMs).then(() => 'UP'),
  postgres_list: list => each(list, dsn => reachable(dsn, deadlineMs).then(() => 'UP')),
  http: url => http(url, '', answers('REACHABLE')),
  registry_health: url => http(url, '/health', ok('REACHABLE')),
  prometheus,
  prometheus_list: list => each(list, pair => prometheus(pair.slice(pair.indexOf('=') + 1))),
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
  kube_context: (context, { kubeconfig }) => kubeContext(context, kubeconfig),
};

export const realProbes: ProbeGateway = {
  probe: async (kind, value, companions) => {
    try {
      return await probes[kind](value, companions);
    } catch (error) {
      return `ERROR:${reasonOf(error)}`;
    }
  },
};
