import { parseArgs } from 'node:util';

export interface RelayOptions {
  hub: string;
  tokenFile: string | null;
  data: string;
  id: string | null;
  region: string | null;
  labels: Record<string, string>;
  host: string;
  port: number;
  cacheMegabytes: number;
  tls: { cert: string; key: string } | null;
}

export const usage = `Usage: npm run relay -- --hub URL --token-file FILE --data FOLDER [options]

  --hub URL          address of the policy hub, for example http://localhost:8700
  --token-file FILE  join token, needed for the first start only
  --data FOLDER      where this relay keeps its key, its cursor and its policies
  --id NAME          name of the relay (first start; default: edge- and six random letters)
  --region NAME      region it stands in
  --label KEY=VALUE  may be given several times
  --host ADDRESS     address to answer on (default 127.0.0.1)
  --port N           port to answer on (default 8701); the inference cache answers on the next one
  --tls-cert FILE    certificate to answer with (PEM), needed on any address but this machine's own
  --tls-key FILE     its key
  --cache-mb N       memory of the inference cache (default 16)
`;

export class UnusableOptions extends Error {}

const loopback = (host: string) => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);

export function readOptions(args: string[]): RelayOptions {
  let values: Record<string, string | string[] | undefined>;
  try {
    const text = { type: 'string' } as const;
    values = parseArgs({
      args,
      options: {
        hub: text,
        'token-file': text,
        data: text,
        id: text,
        region: text,
        label: { type: 'string', multiple: true },
        host: text,
        port: text,
        'cache-mb': text,
        'tls-cert': text,
        'tls-key': text,
      },
    }).values as typeof values;
  } catch (error) {
    throw new UnusableOptions(`${(error as Error).message}\n\n${usage}`);
  }
  const one = (name: string) => (typeof values[name] === 'string' ? values[name] : null);
  const hub = one('hub');
  const data = one('data');
  if (!hub || !data) throw new UnusableOptions(`--hub and --data are needed.\n\n${usage}`);
  const url = URL.parse(hub);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UnusableOptions(`--hub ${hub} is not an http or https address.`);
  if (url.protocol === 'http:' && !loopback(url.hostname))
    throw new UnusableOptions(`Plain HTTP is for this machine only. Use https:// to reach ${url.hostname}.`);
  const port = Number(one('port') ?? '8701');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UnusableOptions('--port is a number from 0 to 65535.');
  const cacheMegabytes = Number(one('cache-mb') ?? '16');
  if (!(cacheMegabytes > 0 && cacheMegabytes <= 65_536))
    throw new UnusableOptions('--cache-mb is a number of megabytes.');
  const host = one('host') ?? '127.0.0.1';
  const [cert, key] = [one('tls-cert'), one('tls-key')];
  if ((cert === null) !== (key === null))
    throw new UnusableOptions('--tls-cert and --tls-key belong together.');
  if (!loopback(host) && cert === null)
    throw new UnusableOptions(
      `Plain HTTP is for this machine only. To answer on ${host}, give --tls-cert and --tls-key.`,
    );
  const labels: Record<string, string> = {};
  for (const label of [values.label ?? []].flat()) {
    const [key = '', ...rest] = label.split('=');
    if (!key || rest.length === 0) throw new UnusableOptions(`--label ${label}: write KEY=VALUE.`);
    labels[key] = rest.join('=');
  }
  return {
    hub: url.toString(),
    tokenFile: one('token-file'),
    data,
    id: one('id'),
    region: one('region'),
    labels,
    host,
    port,
    cacheMegabytes,
    tls: cert !== null && key !== null ? { cert, key } : null,
  };
}
