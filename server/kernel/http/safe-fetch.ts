import { lookup as systemLookup } from 'node:dns/promises';
import { type IncomingHttpHeaders, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { isIP, isIPv6, type LookupFunction } from 'node:net';
import { env } from '../env/env.ts';
import { DomainError } from '../errors/domain-error.ts';
import { type AllowedHosts, isPublicAddress, parseAllowedHosts } from './address-ranges.ts';

export interface SafeRequest {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Whole exchange, redirects included. */
  timeoutMs?: number;
  maxBytes?: number;
  maxRedirects?: number;
}

export interface SafeResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Where the answer came from, after redirects. */
  url: string;
}

export interface SafeFetchDeps {
  resolve?: (host: string) => Promise<readonly string[]>;
  allowed?: AllowedHosts;
}

const refuse = (code: string, message: string) =>
  new DomainError('invalid', `outgoing.${code}`, message, { issues: [{ field: 'url', message }] });
const unavailable = (code: string, message: string, cause?: unknown) =>
  new DomainError('unavailable', `outgoing.${code}`, message, {}, cause);

const everyAddress = async (host: string) =>
  (await systemLookup(host, { all: true, verbatim: true })).map(found => found.address);

/**
 * For every address that somebody could type. A name is resolved once, all its addresses are checked, and the connection
 * goes to the address that was checked: a name that answers differently the second time gains nothing. Redirects are new
 * addresses that somebody typed.
 */
export async function safeFetch(
  given: string,
  request: SafeRequest = {},
  deps: SafeFetchDeps = {},
): Promise<SafeResponse> {
  const { timeoutMs = 10_000, maxRedirects = 3 } = request;
  const signal = AbortSignal.timeout(timeoutMs);
  let url = parseTarget(given);
  let asked = request;
  for (let hop = 0; ; hop++) {
    const response = await exchange(url, asked, signal, deps);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
    if (hop === maxRedirects)
      throw refuse('redirects', `${given} redirects more than ${maxRedirects} times.`);
    const next = parseTarget(location, url);
    if (url.protocol === 'https:' && next.protocol === 'http:')
      throw refuse('downgrade', `${url.host} redirects from https to http.`);
    asked = redirected(asked, response.status, next.origin === url.origin);
    url = next;
  }
}

function parseTarget(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  if (!url) throw refuse('url', 'Not an address.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refuse('protocol', 'Only http and https addresses are called.');
  if (url.username || url.password)
    throw refuse('credentials', 'Credentials do not belong into an address; give them separately.');
  return url;
}

/** What was meant for one origin stays there; only 307 and 308 repeat the body. */
function redirected(asked: SafeRequest, status: number, sameOrigin: boolean): SafeRequest {
  const repeats = status === 307 || status === 308 || asked.method === 'HEAD';
  const { body, headers, method, ...limits } = asked;
  return {
    ...limits,
    ...(sameOrigin && headers && repeats ? { headers } : {}),
    ...(sameOrigin && headers && !repeats
      ? {
          headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-/i.test(name))),
        }
      : {}),
    ...(repeats && method ? { method } : {}),
    ...(repeats && sameOrigin && body !== undefined ? { body } : {}),
  };
}

async function checkedAddress(url: URL, signal: AbortSignal, deps: SafeFetchDeps): Promise<string> {
  const allowed = deps.allowed ?? parseAllowedHosts(env().vars.ATOM_ALLOWED_HOSTS ?? '');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  let addresses: readonly string[];
  if (isIP(host) > 0) addresses = [host];
  else
    try {
      addresses = await untilAborted((deps.resolve ?? everyAddress)(host), signal);
    } catch (error) {
      if (signal.aborted) throw timedOut(url, error);
      throw unavailable('unknown_host', `The name ${host} does not resolve.`, error);
    }
  const [first] = addresses;
  if (first === undefined) throw unavailable('unknown_host', `The name ${host} does not resolve.`);
  const fine = (address: string) => isPublicAddress(address) || allowed.address(address);
  if (!allowed.name(host, port) && !addresses.every(fine)) throw privateAddress(host);
  return first;
}

/** What an address says by itself, before any name is asked for: a private or local address is refused when it is typed. */
export function refusePrivateLiteral(text: string): void {
  const url = parseTarget(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const allowed = parseAllowedHosts(env().vars.ATOM_ALLOWED_HOSTS ?? '');
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const local =
    isIP(host) > 0
      ? !isPublicAddress(host) && !allowed.address(host)
      : /(^|\.)(localhost|internal)$/i.test(host);
  if (local && !allowed.name(host, port)) throw privateAddress(host);
}

const privateAddress = (host: string) =>
  refuse(
    'private_address',
    `${host} leads to a private or local address. If that is meant, list it in ATOM_ALLOWED_HOSTS.`,
  );

const timedOut = (url: URL, cause: unknown) =>
  unavailable('timeout', `${url.host} did not answer in time.`, cause);

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  if (signal.aborted) reject(signal.reason);
  return Promise.race([work, promise]);
}

async function exchange(
  url: URL,
  asked: SafeRequest,
  signal: AbortSignal,
  deps: SafeFetchDeps,
): Promise<SafeResponse> {
  const address = await checkedAddress(url, signal, deps);
  const family = isIPv6(address) ? 6 : 4;
  const pinned: LookupFunction = (_host, options, done) =>
    options.all ? done(null, [{ address, family }]) : done(null, address, family);
  const limit = asked.maxBytes ?? 1024 * 1024;
  const tooMuch = () => unavailable('too_large', `${url.host} answers with more than ${limit} bytes.`);
  const { promise, resolve, reject } = Promise.withResolvers<SafeResponse>();
  const outgoing = (url.protocol === 'https:' ? overHttps : overHttp)(
    url,
    {
      method: asked.method ?? 'GET',
      // Compressed answers would grow past the limit after it was checked.
      headers: { ...asked.headers, 'accept-encoding': 'identity' },
      lookup: pinned,
      agent: false,
      signal,
    },
    incoming => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        chunks.push(chunk);
        if (size <= limit) return;
        reject(tooMuch()); // first: a request whose answer is already complete no longer reports an error
        outgoing.destroy();
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks),
          url: url.href,
        }),
      );
    },
  );
  outgoing.on('error', reject);
  outgoing.end(asked.body);
  try {
    return await promise;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    if (signal.aborted) throw timedOut(url, error);
    throw unavailable('unreachable', `${url.host} cannot be reached.`, error);
  }
}
