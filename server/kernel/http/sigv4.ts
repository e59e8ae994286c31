import { createHmac, hash } from 'node:crypto';

/** Signs requests as AWS asks for it (Signature Version 4): method, path, query, headers and body, for one day, region and service. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface Unsigned {
  method: string;
  url: URL;
  headers?: Record<string, string>;
  body?: string;
  /** SHA-256 of a body that is not text, in hex; S3 wants it as a header, too. */
  payloadHash?: string;
}

export interface SignedFor {
  region: string;
  service: string;
  at: Date;
}

const sha256 = (text: string) => hash('sha256', text, 'hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** RFC 3986, with every byte outside the unreserved ones as %XX. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** `20150830T123600Z` */
const stamp = (at: Date) => at.toISOString().replace(/[-:]|\.\d{3}/g, '');

const byCode = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A path is sent encoded, and every service but S3 signs it encoded once more. Dot segments are gone: a `URL` has none. */
const canonicalPath = (path: string) => path.split('/').map(encoded).join('/') || '/';

const canonicalQuery = (query: URLSearchParams) =>
  [...query]
    .map(([name, value]): [string, string] => [encoded(name), encoded(value)])
    .sort((a, b) => byCode(a[0], b[0]) || byCode(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

export interface Canonical {
  request: string;
  signedHeaders: string;
}

export function canonicalRequest(
  { method, url, body = '', payloadHash }: Unsigned,
  headers: Record<string, string>,
): Canonical {
  const lines = Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')])
    .sort((a, b) => byCode(a[0], b[0]));
  const signedHeaders = lines.map(([name]) => name).join(';');
  return {
    signedHeaders,
    request: [
      method.toUpperCase(),
      canonicalPath(url.pathname),
      canonicalQuery(url.searchParams),
      ...lines.map(([name, value]) => `${name}:${value}`),
      '',
      signedHeaders,
      payloadHash ?? sha256(body),
    ].join('\n'),
  };
}

/** The headers to send: those given, with date, token and authorization. */
export function signedHeaders(
  request: Unsigned,
  credentials: AwsCredentials,
  { region, service, at }: SignedFor,
): Record<string, string> {
  const time = stamp(at);
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.url.host,
    'x-amz-date': time,
    ...(credentials.sessionToken ? { 'x-amz-security-token': credentials.sessionToken } : {}),
  };
  const canonical = canonicalRequest(request, headers);
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical.request)].join('\n');
  const key = [time.slice(0, 8), region, service, 'aws4_request'].reduce<string | Buffer>(
    (derived, part) => hmac(derived, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${canonical.signedHeaders}, Signature=${signature}`,
  };
}
