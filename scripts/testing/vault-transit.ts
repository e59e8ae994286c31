import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A peer of Vault's transit API, written from its public HTTP documentation and sharing no code with the client: key read,
 * rotate, sign, AppRole login, and Vault's refusals. NOT VERIFIED AGAINST A REAL VAULT: none can be had here.
 */
export interface VaultPeer {
  address: string;
  /** Host and port, for the allow list of outgoing calls. */
  host: string;
  token: string;
  roleId: string;
  secretId: string;
  calls: string[];
  addKey(name: string, type: 'ed25519' | 'ecdsa-p256' | 'rsa-2048'): void;
  /** Signs the next request with this version, whatever was asked for. */
  misbehave(how: 'sealed' | 'garbage' | 'old_version' | null): void;
  revokeSessions(): void;
  close(): Promise<void>;
}

interface Key {
  type: string;
  versions: { publicKey: KeyObject; privateKey: KeyObject }[];
}

export async function vaultTransitPeer(): Promise<VaultPeer> {
  const keys = new Map<string, Key>();
  const calls: string[] = [];
  const sessions = new Set(['root-token-of-the-peer']);
  let fault: 'sealed' | 'garbage' | 'old_version' | null = null;

  const pair = (type: string) =>
    type === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : type === 'rsa-2048'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });

  const published = ({ type, versions }: Key) =>
    Object.fromEntries(
      versions.map(({ publicKey }, i) => [
        String(i + 1),
        {
          creation_time: '2026-01-01T00:00:00Z',
          name: type,
          public_key:
            type === 'ed25519'
              ? publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
              : publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        },
      ]),
    );

  function answer(request: IncomingMessage, body: Record<string, unknown>, response: ServerResponse): void {
    const say = (status: number, content?: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(content === undefined ? '' : JSON.stringify(content));
    const path = request.url ?? '';
    calls.push(`${request.method} ${path}`);
    if (fault === 'sealed') return void say(503, { errors: ['Vault is sealed'] });
    if (path === '/v1/auth/approle/login') {
      if (body.role_id !== 'role' || body.secret_id !== 'secret')
        return void say(400, { errors: ['invalid role or secret ID'] });
      const client_token = `hvs.session-${sessions.size}`;
      sessions.add(client_token);
      return void say(200, { auth: { client_token, lease_duration: 3600, renewable: true } });
    }
    if (!sessions.has(String(request.headers['x-vault-token'])))
      return void say(403, { errors: ['permission denied'] });
    const [, action, name = '', hash] =
      /^\/v1\/transit\/(keys|sign)\/([\w.-]+)(?:\/([\w-]+))?$/.exec(path) ?? [];
    const key = keys.get(name);
    if (!key) return void say(404, { errors: [] });
    if (fault === 'garbage') return void response.writeHead(200).end('<html>');
    if (action === 'keys' && request.method === 'GET')
      return void say(200, {
        data: { name, type: key.type, latest_version: key.versions.length, keys: published(key) },
      });
    if (action === 'keys' && hash === 'rotate' && request.method === 'POST') {
      key.versions.push(pair(key.type));
      return void say(204);
    }
    const version = fault === 'old_version' ? 1 : Number(body.key_version ?? key.versions.length);
    const used = key.versions[version - 1];
    if (!used || request.method !== 'POST') return void say(400, { errors: ['bad request'] });
    if (key.type === 'ecdsa-p256' && (hash !== 'sha2-256' || body.marshaling_algorithm !== 'asn1'))
      return void say(400, { errors: ['unexpected hash or marshaling'] });
    const input = Buffer.from(String(body.input), 'base64');
    const signature = sign(key.type === 'ed25519' ? null : 'sha256', input, used.privateKey);
    return void say(200, { data: { signature: `vault:v${version}:${signature.toString('base64')}` } });
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      answer(request, text ? JSON.parse(text) : {}, response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address: `http://${host}`,
    host,
    token: 'root-token-of-the-peer',
    roleId: 'role',
    secretId: 'secret',
    calls,
    addKey: (name, type) => void keys.set(name, { type, versions: [pair(type)] }),
    misbehave: how => {
      fault = how;
    },
    revokeSessions: () => {
      sessions.clear();
      sessions.add('root-token-of-the-peer');
    },
    close: () => new Promise(resolve => server.close(() => resolve())),
  };
}
