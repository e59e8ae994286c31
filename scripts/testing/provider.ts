import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, type JWTPayload, SignJWT } from 'jose';
import Provider from 'oidc-provider';

/** What stands between the console and the provider may do to an identity token, or to an answer. */
export interface Interference {
  /** Changes the claims; signed again with the provider's own key, as a provider gone wrong would. */
  claims?: (claims: JWTPayload) => JWTPayload;
  /** Signs with this key instead. */
  key?: KeyObject;
  /** Replaces the token altogether. */
  token?: (token: string) => string;
  userinfo?: (claims: JWTPayload) => JWTPayload;
  metadata?: (metadata: Record<string, unknown>) => Record<string, unknown>;
}

export interface ProviderBed {
  issuer: string;
  /** Who may sign in, with the claims the provider tells about them. */
  people: Map<string, { [claim: string]: unknown }>;
  interfere: Interference;
  /** Walks the whole way as a browser does and gives the address it would come back to. */
  walk(url: string, login: string): Promise<URL>;
  close(): Promise<void>;
}

export const providerClient = { id: 'console', secret: 'a secret of the console and the provider' };

/** An independent OpenID provider, behind a proxy that can be told to misbehave. */
export async function startProvider(redirectUri: string): Promise<ProviderBed> {
  const inner = createServer();
  const innerPort = await listen(inner);
  const front = createServer();
  const issuer = `http://127.0.0.1:${await listen(front)}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const people: ProviderBed['people'] = new Map();
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: providerClient.id,
        client_secret: providerClient.secret,
        redirect_uris: [redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' } as never],
    },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username', 'groups'],
    },
    ttl: {
      Interaction: 600,
      Session: 600,
      Grant: 600,
      AccessToken: 600,
      AuthorizationCode: 60,
      IdToken: 600,
    },
    pkce: { required: () => true },
    cookies: { keys: ['a key of the test'] },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...people.get(id) }) as never,
    }),
  });
  provider.proxy = true;
  inner.on('request', provider.callback());
  const bed: ProviderBed = {
    issuer,
    people,
    interfere: {},
    walk: (url, login) => walk(url, login, redirectUri),
    close: async () => {
      for (const server of [front, inner]) {
        server.closeAllConnections();
        await new Promise(resolve => server.close(resolve));
      }
    },
  };
  front.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
    const headers = { ...asked.headers, 'accept-encoding': 'identity' };
    const through = request({ port: innerPort, path: asked.url, method: asked.method, headers }, response => {
      const parts: Buffer[] = [];
      response.on('data', part => parts.push(part));
      response.on('end', async () => {
        const body = await altered(asked.url ?? '', Buffer.concat(parts), bed.interfere, privateKey);
        const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = response.headers;
        answer.writeHead(response.statusCode ?? 500, kept).end(body);
      });
    });
    asked.pipe(through);
  });
  return bed;
}

async function altered(path: string, body: Buffer, how: Interference, own: KeyObject): Promise<Buffer> {
  const change = <T>(with_: (value: T) => T) =>
    Buffer.from(JSON.stringify(with_(JSON.parse(body.toString()))));
  if (path.startsWith('/.well-known/') && how.metadata) return change(how.metadata);
  if (path.startsWith('/me') && how.userinfo) return change(how.userinfo);
  if (!path.startsWith('/token') || !(how.claims || how.key || how.token)) return body;
  const tokens = JSON.parse(body.toString()) as { id_token: string };
  const claims = (how.claims ?? (same => same))(decodeJwt(tokens.id_token));
  const signed = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .sign(how.key ?? own);
  return Buffer.from(JSON.stringify({ ...tokens, id_token: (how.token ?? (same => same))(signed) }));
}

/** Follows every redirect with a jar of cookies, and fills in the provider's own pages. */
async function walk(start: string, login: string, redirectUri: string): Promise<URL> {
  const jar = new Map<string, string>();
  let at = new URL(start);
  let form: URLSearchParams | null = null;
  for (let step = 0; step < 12; step++) {
    const response: Response = await fetch(at, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: form } : {}),
    });
    form = null;
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    const location = response.headers.get('location');
    if (location) {
      at = new URL(location, at);
      if (at.href.startsWith(redirectUri)) return at;
      continue;
    }
    const page = await response.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    if (!prompt)
      throw new Error(`The provider stopped at ${at.pathname}: ${response.status} ${page.slice(0, 400)}`);
    at = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? '', at);
    form = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'any' } : { prompt });
  }
  throw new Error('The provider leads round in circles.');
}

const listen = (server: Server): Promise<number> =>
  new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
