import { describe, expect, it } from 'vitest';
import { canonicalRequest, signedHeaders, type Unsigned } from './sigv4.ts';

/** AWS's own test suite for Signature Version 4, and the example of its documentation. */
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const at = new Date('2015-08-30T12:36:00Z');
const suite = { region: 'us-east-1', service: 'service', at };
const request = (method: string, path: string, change: Partial<Unsigned> = {}): Unsigned => ({
  method,
  url: new URL(`https://example.amazonaws.com${path}`),
  ...change,
});
const signatureOf = (headers: Record<string, string>) => headers.authorization?.split('Signature=')[1];

describe('AWS signature version 4', () => {
  it.each([
    ['get-vanilla', request('GET', '/'), '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'post-vanilla',
      request('POST', '/'),
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'get-vanilla-query-order-key-case',
      request('GET', '/?Param2=value2&Param1=value1'),
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-vanilla-empty-query-key',
      request('GET', '/?Param1=value1'),
      'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
    ],
    [
      'post-x-www-form-urlencoded',
      request('POST', '/', {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: 'Param1=value1',
      }),
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      'post-header-key-sort',
      request('POST', '/', { headers: { 'My-Header1': 'value1' } }),
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
    [
      'get-header-value-trim',
      request('GET', '/', { headers: { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' } }),
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
  ])('%s', (_name, unsigned, signature) => {
    expect(signatureOf(signedHeaders(unsigned, credentials, suite))).toBe(signature);
  });

  it('signs the example of the documentation', () => {
    const unsigned: Unsigned = {
      method: 'GET',
      url: new URL('https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08'),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
    };
    const headers = signedHeaders(unsigned, credentials, { region: 'us-east-1', service: 'iam', at });
    expect(headers.authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
        'SignedHeaders=content-type;host;x-amz-date, ' +
        'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    );
  });

  it.each<[string, Unsigned]>([
    ['method', request('POST', '/?a=1', { body: 'x' })],
    ['path', request('PUT', '/b?a=1', { body: 'x' })],
    ['query', request('PUT', '/?a=2', { body: 'x' })],
    ['body', request('PUT', '/?a=1', { body: 'y' })],
    ['header', request('PUT', '/?a=1', { body: 'x', headers: { 'x-other': '1' } })],
  ])('gives another signature for another %s', (_what, other) => {
    const one = signedHeaders(request('PUT', '/?a=1', { body: 'x' }), credentials, suite);
    expect(signatureOf(signedHeaders(other, credentials, suite))).not.toBe(signatureOf(one));
  });

  it('signs the token of a session, too', () => {
    const headers = signedHeaders(request('GET', '/'), { ...credentials, sessionToken: 't' }, suite);
    expect(headers['x-amz-security-token']).toBe('t');
    expect(headers.authorization).toContain('host;x-amz-date;x-amz-security-token');
  });

  it('writes reserved characters of a query as the suite does', () => {
    const { request: text } = canonicalRequest(request('GET', "/?p=a b&q=*'()!~"), { host: 'h' });
    expect(text.split('\n')[2]).toBe('p=a%20b&q=%2A%27%28%29%21~');
  });
});
