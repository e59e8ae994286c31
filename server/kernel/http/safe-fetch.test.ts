import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isPublicAddress, parseAllowedHosts } from './address-ranges.ts';
import { type SafeRequest, safeFetch } from './safe-fetch.ts';

let server: Server;
let port: number;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let seen: IncomingMessage[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
beforeEach(() => {
  seen = [];
  answer = (_request, response) => response.end('hello');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const none = parseAllowedHosts('');
const loopback = parseAllowedHosts('127.0.0.1');
/** The test's names; what each is looked up as, in order. */
const dns = (answers: Record<string, string[][]>) => {
  const asked: string[] = [];
  return {
    asked,
    resolve: async (host: string) => {
      asked.push(host);
      const list = answers[host] ?? [];
      return list[Math.min(asked.filter(a => a === host).length, list.length) - 1] ?? [];
    },
  };
};
const call = (path: string, request: SafeRequest = {}, names: Record<string, string[][]> = {}) =>
  safeFetch(`http://site.test:${port}${path}`, request, {
    ...dns({ 'site.test': [['127.0.0.1']], ...names }),
    allowed: loopback,
  });

describe('what an address leads to', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.9',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'not-an-address',
  ])('%s is not public', address => {
    expect(isPublicAddress(address)).toBe(false);
  });
  it.each(['8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1', '2a00:1450::1'])(
    '%s is public',
    address => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[fe80::1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://localhost/',
    'http://localhost./',
    'http://１２７.0.0.1/',
  ])('%s is refused however it is written', async url => {
    await expect(safeFetch(url, {}, { allowed: none })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'outgoing.private_address',
    });
  });

  it('refuses other protocols, credentials and what is no address', async () => {
    for (const [url, code] of [
      ['file:///etc/passwd', 'protocol'],
      ['gopher://site.test/', 'protocol'],
      ['http://user:word@site.test/', 'credentials'],
      ['site.test', 'url'],
    ] as const)
      await expect(safeFetch(url, {}, { allowed: loopback })).rejects.toMatchObject({
        code: `outgoing.${code}`,
      });
  });

  it('refuses a name when any of its addresses is private, and lets it through once that is allowed', async () => {
    const names = { 'site.test': [['127.0.0.1', '10.0.0.1']] };
    await expect(call('/', {}, names)).rejects.toMatchObject({ code: 'outgoing.private_address' });
    expect(seen).toEqual([]);
    const both = parseAllowedHosts('127.0.0.1, 10.0.0.0/8');
    const answered = await safeFetch(`http://site.test:${port}/`, {}, { ...dns(names), allowed: both });
    expect(answered.body.toString()).toBe('hello');
  });
});

describe('a name that answers differently the second time', () => {
  it('is resolved once, and the connection goes to what was checked', async () => {
    const names = dns({ 'site.test': [['127.0.0.1'], ['127.0.0.2']] });
    await safeFetch(`http://site.test:${port}/`, {}, { ...names, allowed: loopback });
    expect(names.asked).toEqual(['site.test']);
    // The test's server listens on 127.0.0.1 only: an answer means that the first address was called.
    expect(seen).toHaveLength(1);
    expect(seen[0]?.headers.host).toBe(`site.test:${port}`);
  });
  it('is looked at again when it is called again', async () => {
    const names = dns({ 'site.test': [['127.0.0.1'], ['127.0.0.2']] });
    await safeFetch(`http://site.test:${port}/`, {}, { ...names, allowed: loopback });
    await expect(
      safeFetch(`http://site.test:${port}/`, {}, { ...names, allowed: loopback }),
    ).rejects.toMatchObject({ code: 'outgoing.private_address' });
    expect(seen).toHaveLength(1);
  });
});

describe('redirects', () => {
  const to = (location: string, status = 302) => {
    answer = (request, response) =>
      request.url === '/start' ? response.writeHead(status, { location }).end() : response.end('arrived');
  };
  it('are followed where the next address may be called', async () => {
    to('/next');
    const found = await call('/start', { headers: { authorization: 'Bearer x' } });
    expect([found.body.toString(), new URL(found.url).pathname]).toEqual(['arrived', '/next']);
    expect(seen[1]?.headers.authorization).toBe('Bearer x');
  });
  it.each(['http://127.0.0.2/', 'http://[::1]/', 'http://inner.test/', '//169.254.169.254/'])(
    'to %s are refused',
    async location => {
      to(location);
      await expect(call('/start', {}, { 'inner.test': [['192.168.0.7']] })).rejects.toMatchObject({
        code: 'outgoing.private_address',
      });
      expect(seen).toHaveLength(1);
    },
  );
  it('carry neither credentials nor a body to another origin', async () => {
    to(`http://other.test:${port}/next`, 307);
    await call(
      '/start',
      { method: 'POST', body: 'secret', headers: { authorization: 'Bearer x', cookie: 'a=b' } },
      { 'other.test': [['127.0.0.1']] },
    );
    expect([seen[1]?.method, seen[1]?.headers.authorization, seen[1]?.headers.cookie]).toEqual([
      'POST',
      undefined,
      undefined,
    ]);
    expect(seen[1]?.headers['content-length'] ?? '0').toBe('0');
  });
  it('end after a few, and may not leave http', async () => {
    answer = (_request, response) => response.writeHead(302, { location: '/again' }).end();
    await expect(call('/start')).rejects.toMatchObject({ code: 'outgoing.redirects' });
    expect(seen).toHaveLength(4);
    to('file:///etc/passwd');
    await expect(call('/start')).rejects.toMatchObject({ code: 'outgoing.protocol' });
  });
});

describe('limits', () => {
  it('of size hold while reading, also where no length is announced', async () => {
    answer = (_request, response) => {
      response.write('x'.repeat(600));
      response.end('x'.repeat(600));
    };
    await expect(call('/', { maxBytes: 1000 })).rejects.toMatchObject({ code: 'outgoing.too_large' });
    expect((await call('/', { maxBytes: 1200 })).body).toHaveLength(1200);
  });
  it('of time cover an answer that never comes, one that never ends, and a name that never resolves', async () => {
    answer = () => {};
    await expect(call('/', { timeoutMs: 60 })).rejects.toMatchObject({ code: 'outgoing.timeout' });
    answer = (_request, response) => void response.write('a');
    await expect(call('/', { timeoutMs: 60 })).rejects.toMatchObject({ code: 'outgoing.timeout' });
    await expect(
      safeFetch(
        'http://slow.test/',
        { timeoutMs: 60 },
        { resolve: () => new Promise(() => {}), allowed: none },
      ),
    ).rejects.toMatchObject({ code: 'outgoing.timeout' });
  });
  it('say which of both it was: nobody there, or no such name', async () => {
    await expect(
      safeFetch('http://site.test:1/', {}, { ...dns({ 'site.test': [['127.0.0.1']] }), allowed: loopback }),
    ).rejects.toMatchObject({ kind: 'unavailable', code: 'outgoing.unreachable' });
    await expect(safeFetch('http://gone.test/', {}, { ...dns({}), allowed: none })).rejects.toMatchObject({
      code: 'outgoing.unknown_host',
    });
  });
});

describe('the list of allowed hosts', () => {
  it('takes names with or without port, addresses and networks', () => {
    const list = parseAllowedHosts('Vault.internal, prom.internal:9090,10.2.0.0/16,[fd00::1]');
    expect(list.name('vault.internal', 443)).toBe(true);
    expect([list.name('prom.internal', 9090), list.name('prom.internal', 80)]).toEqual([true, false]);
    expect(['10.2.9.9', '10.3.0.1', 'fd00::1', 'fd00::2'].map(list.address)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
  it.each(['http://x', '10.0.0.0/40', 'a b', '10.0.0.0/', 'host/8'])('refuses %s', text => {
    expect(() => parseAllowedHosts(text)).toThrow(/is not/);
  });
});
