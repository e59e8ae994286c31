import { DomainError } from '#kernel/errors/domain-error.ts';
import { safeFetch } from '#kernel/http/safe-fetch.ts';
import { type AwsCredentials, signedHeaders } from '#kernel/http/sigv4.ts';
import { DriverAway, DriverRefused } from '../gateway.ts';

export interface AwsConfig extends AwsCredentials {
  region: string;
  cluster?: string | undefined;
  endpoint?: string | undefined;
  now: () => Date;
}

type Service = 'autoscaling' | 'ecs';
const urlOf = ({ endpoint, region }: AwsConfig, service: Service) =>
  new URL(endpoint ?? `https://${service}.${region}.amazonaws.com/`);

async function post(
  config: AwsConfig,
  service: Service,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number; text: string }> {
  const url = urlOf(config, service);
  const signed = signedHeaders({ method: 'POST', url, headers, body }, config, {
    region: config.region,
    service,
    at: config.now(),
  });
  const { host: _host, ...sent } = signed;
  try {
    const { status, body: answer } = await safeFetch(url.href, {
      method: 'POST',
      headers: sent,
      body,
      timeoutMs: 15_000,
      maxBytes: 4 * 1024 * 1024,
      maxRedirects: 0,
    });
    return { status, text: answer.toString('utf8') };
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'invalid')
      throw new DriverRefused(error.message, error);
    throw new DriverAway(`AWS ${service} cannot be reached.`, error);
  }
}

/** Throttling and failures on their side pass; everything else is a no. */
function requireOk(service: Service, what: string, status: number, code: string): void {
  if (status === 200) return;
  if (status >= 500 || status === 429 || /Throttl|RequestLimit|Unavailable|ResourceContention/.test(code))
    throw new DriverAway(`AWS ${service} is busy: ${what} (${code || status}).`);
  throw new DriverRefused(`AWS ${service} refused to ${what} (${status}${code ? `, ${code}` : ''}).`);
}

/** ECS speaks JSON 1.1. */
export async function ecs(
  config: AwsConfig,
  action: string,
  input: Record<string, unknown>,
): Promise<unknown> {
  const { status, text } = await post(
    config,
    'ecs',
    {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerServiceV20141113.${action}`,
    },
    JSON.stringify(input),
  );
  let found: unknown;
  try {
    found = JSON.parse(text || '{}');
  } catch {
    found = {};
  }
  const type = (found as { __type?: unknown }).__type;
  requireOk('ecs', action, status, typeof type === 'string' ? (type.split('#').at(-1) ?? '') : '');
  return found;
}

/** Auto Scaling speaks the query protocol and answers in XML. */
export async function autoscaling(
  config: AwsConfig,
  action: string,
  input: Record<string, string>,
): Promise<string> {
  const form = new URLSearchParams({ Action: action, Version: '2011-01-01', ...input });
  const { status, text } = await post(
    config,
    'autoscaling',
    { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    form.toString(),
  );
  requireOk('autoscaling', action, status, textOf(text, 'Code') ?? '');
  return text;
}

/** The answers are flat where they are read, so a parser of all XML is not needed. */
export function textOf(xml: string, tag: string): string | null {
  const found = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml);
  return found?.[1] === undefined ? null : unescaped(found[1]);
}

/** The members of a list, each as its own XML; lists inside a member stay whole. */
export function membersOf(xml: string, list: string): string[] {
  const start = xml.indexOf(`<${list}>`);
  const end = xml.lastIndexOf(`</${list}>`);
  if (start < 0 || end < 0) return [];
  const inner = xml.slice(start + list.length + 2, end);
  const members: string[] = [];
  let depth = 0;
  let from = 0;
  for (const tag of inner.matchAll(/<(\/?)member(\/?)>/g)) {
    if (tag[2]) continue;
    if (!tag[1] && depth++ === 0) from = tag.index + tag[0].length;
    if (tag[1] && --depth === 0) members.push(inner.slice(from, tag.index));
  }
  return members;
}

const unescaped = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
